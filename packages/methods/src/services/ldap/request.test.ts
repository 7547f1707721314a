import { BerWriter } from "ldapts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { parseFilter } from "./filter.ts";
import { encodeRequest } from "./request.ts";

// By RFC 4511, section 4.
test.for([
  [
    "a bind, whose bytes are not taken for UTF-8",
    { kind: "bind", dn: "cn=\xe9", password: "p\xe9\0" },
    "301302010160 0e 020103 0404636e3de9 800370e900",
  ],
  ["an anonymous bind", { kind: "bind", dn: "", password: "" }, "300c020101 60 07 020103 0400 8000"],
  [
    "a DN like a mechanism",
    { kind: "bind", dn: "PLAIN", password: "x" },
    "3012020101 60 0d 020103 0405504c41494e 800178",
  ],
  [
    "a search",
    { kind: "search", base: "dc=x", scope: 2, filter: parseFilter("(uid=a)") },
    "302b020101 63 26 040464633d78 0a0102 0a0100 020100 020100 010100 a308 0403756964 040161 3005 0403312e31",
  ],
  [
    "StartTLS",
    { kind: "start_tls" },
    `301d020101 77 18 8016 ${Buffer.from("1.3.6.1.4.1.1466.20037").toString("hex")}`,
  ],
  ["an unbind", { kind: "unbind" }, "3005020101 42 00"],
] as const)("%s is encoded", ([, request, hex]) => {
  expect(encodeRequest(1, request).toString("hex")).toBe(hex.replaceAll(" ", ""));
});

test("a password may be as long as a client can send it", () => {
  const long = encodeRequest(1, { kind: "bind", dn: "cn=x", password: "x".repeat(65_531) });
  expect(long.length).toBeGreaterThan(65_531);
  expect(long.toString("hex", 0, 5)).toBe("3083010010");
});

describe("of a password there is no copy but the one in the message", () => {
  afterEach(() => vi.restoreAllMocks());

  test.for([1, 8, 127, 128, 300, 65_531])("%d bytes long", (length) => {
    const password = "\xa5".repeat(length);
    const written = vi.spyOn(BerWriter.prototype, "writeBuffer");
    const message = encodeRequest(1, { kind: "bind", dn: "cn=x", password });
    const [copy] = written.mock.calls.flatMap(([bytes, tag]) => (tag === 0x80 ? [bytes] : []));
    expect(copy).toHaveLength(length);
    // All of what the copy lay in, which is nobody else's.
    expect(copy?.buffer.byteLength).toBe(length);
    expect(copy?.every((byte) => byte === 0)).toBe(true);
    expect(message.includes(password, 0, "latin1")).toBe(true);
    message.fill(0);
    expect(Buffer.from(message.buffer).includes(0xa5)).toBe(false);
  });
});
