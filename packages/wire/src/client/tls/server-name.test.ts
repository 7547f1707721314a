import { describe, expect, test } from "vitest";
import { wrongServerName } from "./server-name.ts";

interface Names {
  readonly cn?: readonly string[];
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
}

/** As much of a certificate as is looked at. Addresses are in hexadecimal. */
function certificate({ cn = [], dns = [], ip = [] }: Names): Buffer {
  const names = [
    ...dns.map((name) => wrap(0x82, Buffer.from(name, "latin1"))),
    ...ip.map((hex) => wrap(0x87, Buffer.from(hex, "hex"))),
  ];
  const attributes = cn.map((name) =>
    wrap(0x31, wrap(0x30, oid("550403"), wrap(0x0c, Buffer.from(name, "latin1")))),
  );
  const extension = wrap(0x30, oid("551d11"), wrap(0x04, wrap(0x30, ...names)));
  const body = [
    wrap(0xa0, wrap(0x02, Buffer.from([2]))),
    wrap(0x02, Buffer.from([1])),
    wrap(0x30),
    wrap(0x30),
    wrap(0x30),
    wrap(0x30, ...attributes),
    wrap(0x30),
    ...(names.length === 0 ? [] : [wrap(0xa3, wrap(0x30, extension))]),
  ];
  return wrap(0x30, wrap(0x30, ...body));
}

const oid = (hex: string): Buffer => wrap(0x06, Buffer.from(hex, "hex"));

function wrap(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length =
    content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

describe("a certificate is for", () => {
  test.each<[string, Names]>([
    ["a.example", { dns: ["a.example"] }],
    ["A.Example", { dns: ["a.eXAMPLE"] }],
    ["a.example", { dns: ["b.example", "a.example"] }],
    ["a.example", { cn: ["a.example"] }],
    ["a.example", { cn: ["a.example", "b.example"] }],
    ["a.example", { cn: ["a.example"], ip: ["0a000001"] }],
    ["a.example", { dns: ["*.example"] }],
    ["a.wild.example", { cn: ["*.wild.example"] }],
    ["10.0.0.1", { ip: ["0a000001"] }],
    ["10.1", { ip: ["0a000001"] }],
    ["10.0.0.1", { dns: ["10.0.0.1"] }],
    ["10.0.0.1", { cn: ["10.0.0.1"], dns: ["a.example"] }],
    ["::1", { ip: ["00000000000000000000000000000001"] }],
    ["0::1", { ip: ["00000000000000000000000000000001"] }],
    ["\u00C3\u00A9.example", { dns: ["\u00C3\u00A9.example"] }],
  ])("%s by %j", (host, names) => {
    expect(wrongServerName(certificate(names), host)).toBeNull();
  });
});

describe("a certificate is not for", () => {
  const other = (name: string, host: string): string =>
    `server certificate for "${name}" does not match host name "${host}"`;
  test.each<[string, Names, string]>([
    ["b.example", { dns: ["a.example"] }, other("a.example", "b.example")],
    ["a.example", { dns: ["b.example"], cn: ["a.example"] }, other("b.example", "a.example")],
    ["a.example", { cn: ["b.example", "a.example"] }, other("b.example", "a.example")],
    ["example", { dns: ["*.example"] }, other("*.example", "example")],
    ["b.a.example", { dns: ["*.example"] }, other("*.example", "b.a.example")],
    [".example", { dns: ["*.example"] }, other("*.example", ".example")],
    ["a.example", { dns: ["a.*"] }, other("a.*", "a.example")],
    ["a.example", { dns: ["*"] }, other("*", "a.example")],
    ["ab.example", { dns: ["a*.example"] }, other("a*.example", "ab.example")],
    ["10.0.0.1", { ip: ["0a000001".replace("1", "2")], cn: ["10.0.0.1"] }, other("10.0.0.2", "10.0.0.1")],
    ["::ffff:10.0.0.1", { ip: ["0a000001"] }, other("10.0.0.1", "::ffff:10.0.0.1")],
    [
      "x",
      { dns: ["a", "b"], ip: ["00000000000000000000000000000001"] },
      'server certificate for "a" (and 2 other names) does not match host name "x"',
    ],
    ["x", { dns: ["a", "b"] }, 'server certificate for "a" (and 1 other name) does not match host name "x"'],
    [
      "x",
      { ip: ["0a000001"], cn: ["b"] },
      'server certificate for "10.0.0.1" (and 1 other name) does not match host name "x"',
    ],
    ["a.example", { dns: ["a.example\0.evil"] }, "SSL certificate's name contains embedded null"],
    ["a.example", { cn: ["a.example\0.evil"] }, "SSL certificate's name contains embedded null"],
    ["a.example", { dns: ["x\0"], cn: ["a.example"] }, "SSL certificate's name contains embedded null"],
    ["10.0.0.1", { ip: ["0a0000"] }, "certificate contains IP address with invalid length 3"],
    ["a.example", {}, "could not get server's host name from server certificate"],
    ["", { dns: [""] }, "host name must be specified for a verified SSL connection"],
  ])("%j by %j", (host, names, words) => {
    expect(wrongServerName(certificate(names), host)).toBe(words);
  });

  test("anything if it cannot be read", () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("junk"), certificate({ dns: ["a"] }).subarray(0, -1)]) {
      expect(wrongServerName(bytes, "a")).toBe("could not get server's host name from server certificate");
    }
  });
});
