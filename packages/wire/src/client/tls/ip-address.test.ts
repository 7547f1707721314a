import { describe, expect, test } from "vitest";
import { ipText, ipv4Bytes, ipv6Bytes } from "./ip-address.ts";

describe("inet_aton(3)", () => {
  test.each([
    ["127.0.0.1", "7f000001"],
    ["127.1", "7f000001"],
    ["10.1.2", "0a010002"],
    ["2130706433", "7f000001"],
    ["0x7f.1", "7f000001"],
    ["0177.0.0.1", "7f000001"],
    ["0", "00000000"],
    ["255.255.255.255", "ffffffff"],
    ["4294967295", "ffffffff"],
  ])("%s is %s", (text, hex) => {
    expect(ipv4Bytes(text)?.toString("hex")).toBe(hex);
  });

  test.each([
    "",
    ".",
    "1.2.3.4.5",
    "256.0.0.1",
    "1.2.3.256",
    "1.2.65536",
    "4294967296",
    "1..2",
    "09.0.0.1",
    "a",
    "1.2.3.4 ",
    "::1",
  ])("%j is no address", (text) => {
    expect(ipv4Bytes(text)).toBeNull();
  });
});

describe("inet_pton(3)", () => {
  test.each([
    ["::1", "00000000000000000000000000000001", "::1"],
    ["::", "00000000000000000000000000000000", "::"],
    ["2001:DB8::1:0:0:2", "20010db8000000000001000000000002", "2001:db8::1:0:0:2"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008", "1:2:3:4:5:6:7:8"],
    ["::ffff:10.0.0.1", "00000000000000000000ffff0a000001", "::ffff:10.0.0.1"],
    ["64:ff9b::10.0.0.1", "0064ff9b00000000000000000a000001", "64:ff9b::a00:1"],
  ])("%s is %s, and shown as %s", (text, hex, shown) => {
    const bytes = ipv6Bytes(text);
    expect(bytes?.toString("hex")).toBe(hex);
    expect(ipText(bytes ?? Buffer.alloc(0))).toBe(shown);
  });

  test.each(["", "1", "127.0.0.1", "fe80::1%eth0", "::g", "1::2::3"])("%j is no address", (text) => {
    expect(ipv6Bytes(text)).toBeNull();
  });
});

test("only four and sixteen bytes are an address", () => {
  expect(ipText(Buffer.from([10, 0, 0, 1]))).toBe("10.0.0.1");
  expect([0, 3, 5, 15, 17].map((length) => ipText(Buffer.alloc(length)))).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});
