import { PassThrough } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageReader } from "../frame/message-reader.ts";
import { crc32c } from "./crc32c.ts";
import { MAX_PROXY_HEADER, parseProxyHeader } from "./header.ts";
import { readProxyHeader } from "./read.ts";

const signature = "\r\n\r\n\0\r\nQUIT\n";
const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

/** A header of version 2. */
function binary(command: number, family: number, body: Buffer, length = body.length): Buffer {
  return Buffer.concat([bytes(signature), Buffer.from([command, family, length >> 8, length & 0xff]), body]);
}

function tlv(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value]);
}

const ipv4Addresses = Buffer.from([192, 0, 2, 1, 198, 51, 100, 7, 0xdc, 0x04, 0x15, 0x38]);
const ipv6Addresses = Buffer.from(`20010db8${"00".repeat(11)}0120010db8${"00".repeat(11)}02dc041538`, "hex");

/** With a checksum behind the addresses. */
function summed(family: number, addresses: Buffer, ...tlvs: readonly Buffer[]): Buffer {
  const header = binary(0x21, family, Buffer.concat([addresses, tlv(0x03, Buffer.alloc(4)), ...tlvs]));
  header.writeUInt32BE(crc32c(header), 16 + addresses.length + 3);
  return header;
}

const proxied4 = {
  kind: "proxied",
  source: { address: "192.0.2.1", port: 56_324 },
  destination: { address: "198.51.100.7", port: 5432 },
};
const proxied6 = {
  kind: "proxied",
  source: { address: "2001:db8::1", port: 56_324 },
  destination: { address: "2001:db8::2", port: 5432 },
};
const line4 = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 5432\r\n";

const headers = [
  ["version 1, IPv4", bytes(line4), proxied4],
  ["version 1, IPv6", bytes("PROXY TCP6 2001:db8::1 2001:db8::2 56324 5432\r\n"), proxied6],
  [
    "version 1, IPv6 in another form",
    bytes("PROXY TCP6 2001:0DB8:0:0:0:0:0:1 2001:db8::0:2 56324 5432\r\n"),
    proxied6,
  ],
  [
    "version 1, IPv4 clients of a socket for both",
    bytes("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6407 56324 5432\r\n"),
    proxied4,
  ],
  ["version 1, of nobody knows whom", bytes("PROXY UNKNOWN\r\n"), { kind: "unknown" }],
  [
    "version 1, the same with addresses that do not count",
    bytes("PROXY UNKNOWN 192.0.2.1 198.51.100.7 1 2\r\n"),
    { kind: "unknown" },
  ],
  ["version 1, as long as it gets", bytes(`PROXY UNKNOWN ${"f".repeat(91)}\r\n`), { kind: "unknown" }],
  ["version 2, IPv4", binary(0x21, 0x11, ipv4Addresses), proxied4],
  ["version 2, IPv6", binary(0x21, 0x21, ipv6Addresses), proxied6],
  [
    "version 2, IPv4 clients of a socket for both",
    binary(
      0x21,
      0x21,
      Buffer.from(`${"00".repeat(10)}ffffc0000201${"00".repeat(10)}ffffc6336407dc041538`, "hex"),
    ),
    proxied4,
  ],
  ["version 2, a Unix socket", binary(0x21, 0x31, Buffer.alloc(216)), { kind: "unknown" }],
  ["version 2, of nobody knows whom", binary(0x21, 0x00, Buffer.alloc(0)), { kind: "unknown" }],
  ["version 2, the proxy itself", binary(0x20, 0x00, Buffer.alloc(0)), { kind: "local" }],
  [
    "version 2, the proxy itself, with addresses that do not count",
    binary(0x20, 0x11, ipv4Addresses),
    { kind: "local" },
  ],
  [
    "version 2, with TLVs",
    binary(0x21, 0x11, Buffer.concat([ipv4Addresses, tlv(0x04, Buffer.alloc(9)), tlv(0xea, bytes("vpce"))])),
    proxied4,
  ],
  ["version 2, with a checksum", summed(0x11, ipv4Addresses), proxied4],
  [
    "version 2, with a checksum before another TLV",
    summed(0x21, ipv6Addresses, tlv(0x05, bytes("id"))),
    proxied6,
  ],
  [
    "version 2, as long as it gets",
    binary(0x21, 0x11, Buffer.concat([ipv4Addresses, tlv(0x04, Buffer.alloc(4081))])),
    proxied4,
  ],
] as const;

describe("a header", () => {
  test.for(headers)("%s", ([, header, expected]) => {
    expect(parseProxyHeader(header)).toEqual({ kind: "header", header: expected, length: header.length });
  });

  test.for(headers)("%s: what stands behind it is the client's", ([, header, expected]) => {
    const parsed = parseProxyHeader(Buffer.concat([header, bytes("\r\nPROXY\0")]));
    expect(parsed).toEqual({ kind: "header", header: expected, length: header.length });
  });

  test.for(headers)("%s: may come in pieces", ([, header]) => {
    for (let cut = 0; cut < header.length; cut += 1) {
      expect(parseProxyHeader(header.subarray(0, cut))).toEqual({ kind: "incomplete" });
    }
  });
});

const noHeader = "no PROXY protocol header";
const noAddress = "an address or port that is none";
const notTwo = "a line that is not two addresses and two ports";
const ipv4 = (text: string): Buffer => bytes(`PROXY TCP4 ${text}\r\n`);
const ipv6 = (text: string): Buffer => bytes(`PROXY TCP6 ${text}\r\n`);

describe("is malformed:", () => {
  test.for([
    ["a startup packet", Buffer.from([0, 0, 0, 8]), noHeader],
    ["a TLS hello", Buffer.from([0x16, 3, 1]), noHeader],
    ["an HTTP request", bytes("POST /"), noHeader],
    ["lower case", bytes("proxy "), noHeader],
    ["a blank in front", bytes(" PROXY"), noHeader],
    ["another signature", bytes("\r\n\r\n\0\r\nQUIX"), noHeader],
    ["a line feed alone", bytes("PROXY UNKNOWN\n" + " ".repeat(100)), "a line that is too long"],
    ["a line of 108 bytes", bytes(`PROXY UNKNOWN ${"f".repeat(92)}\r\n`), "a line that is too long"],
    ["an empty line", bytes("PROXY \r\n"), "a protocol that is neither TCP4 nor TCP6"],
    ["UDP", bytes("PROXY UDP4 192.0.2.1 198.51.100.7 1 2\r\n"), "a protocol that is neither TCP4 nor TCP6"],
    ["no addresses", bytes("PROXY TCP4\r\n"), notTwo],
    ["no second port", ipv4("192.0.2.1 198.51.100.7 1"), notTwo],
    ["something behind", ipv4("192.0.2.1 198.51.100.7 1 2 "), notTwo],
    ["two blanks", ipv4("192.0.2.1  198.51.100.7 1 2"), notTwo],
    ["IPv6 as IPv4", ipv4("2001:db8::1 198.51.100.7 1 2"), noAddress],
    ["IPv4 as IPv6", ipv6("192.0.2.1 ::1 1 2"), noAddress],
    ["octal", ipv4("010.0.0.1 198.51.100.7 1 2"), noAddress],
    ["a short form", ipv4("10.1 198.51.100.7 1 2"), noAddress],
    ["hexadecimal", ipv4("0x7f.0.0.1 198.51.100.7 1 2"), noAddress],
    ["a name", ipv4("localhost 198.51.100.7 1 2"), noAddress],
    ["a zone", ipv6("fe80::1%eth0 ::1 1 2"), noAddress],
    ["brackets", ipv6("[::1] ::1 1 2"), noAddress],
    ["a network", ipv4("192.0.2.1/32 198.51.100.7 1 2"), noAddress],
    ["a port beyond 65535", ipv4("192.0.2.1 198.51.100.7 65536 2"), noAddress],
    ["a signed port", ipv4("192.0.2.1 198.51.100.7 +1 2"), noAddress],
    ["a port with zeros", ipv4("192.0.2.1 198.51.100.7 01 2"), noAddress],
    ["an empty port", ipv4("192.0.2.1 198.51.100.7  2"), noAddress],
    ["a NUL", ipv4("192.0.2.1\0 198.51.100.7 1 2"), noAddress],
    ["version 1 in binary", binary(0x11, 0x11, ipv4Addresses), "a version or command that is not known"],
    ["version 3", binary(0x31, 0x11, ipv4Addresses), "a version or command that is not known"],
    ["another command", binary(0x22, 0x11, ipv4Addresses), "a version or command that is not known"],
    ["a length beyond the cap", binary(0x21, 0x11, ipv4Addresses, 4097), "a header that is too long"],
    ["the longest length", binary(0x20, 0x00, Buffer.alloc(0), 0xffff), "a header that is too long"],
    ["UDP over IPv4", binary(0x21, 0x12, ipv4Addresses), "an address family or protocol that is not known"],
    ["another family", binary(0x21, 0x41, ipv4Addresses), "an address family or protocol that is not known"],
    [
      "a protocol without a family",
      binary(0x21, 0x01, ipv4Addresses),
      "an address family or protocol that is not known",
    ],
    ["addresses cut short", binary(0x21, 0x11, ipv4Addresses.subarray(1)), "addresses that are cut short"],
    ["IPv4's for IPv6", binary(0x21, 0x21, ipv4Addresses), "addresses that are cut short"],
    ["a path cut short", binary(0x21, 0x31, Buffer.alloc(215)), "addresses that are cut short"],
    [
      "a TLV without length",
      binary(0x21, 0x11, Buffer.concat([ipv4Addresses, Buffer.from([4, 0])])),
      "a TLV that is cut short",
    ],
    [
      "a TLV that goes on",
      binary(0x21, 0x11, Buffer.concat([ipv4Addresses, Buffer.from([4, 0, 2, 0])])),
      "a TLV that is cut short",
    ],
    [
      "a checksum of two bytes",
      binary(0x21, 0x11, Buffer.concat([ipv4Addresses, tlv(3, Buffer.alloc(2))])),
      "a checksum that is none",
    ],
    ["two checksums", summed(0x11, ipv4Addresses, tlv(3, Buffer.alloc(4))), "a checksum that is none"],
    [
      "another checksum",
      binary(0x21, 0x11, Buffer.concat([ipv4Addresses, tlv(3, Buffer.alloc(4))])),
      "a checksum that does not match",
    ],
  ] as const)("%s", ([, header, reason]) => {
    expect(parseProxyHeader(header)).toEqual({ kind: "malformed", reason });
  });

  test("a header of which any bit is not what the checksum says", () => {
    const header = summed(0x11, ipv4Addresses, tlv(0x05, bytes("id")));
    const flipped = (bit: number): Buffer => {
      const copy = Buffer.from(header);
      copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      return copy;
    };
    // But for those that make it the proxy's own, whose block does not count, or the checksum another kind of TLV.
    const [command, type] = [12, 16 + ipv4Addresses.length];
    const bits = Array.from({ length: 8 * header.length }, (_, bit) => bit).filter(
      (bit) => bit !== 8 * command && bit >> 3 !== type,
    );
    const taken = bits.filter((bit) => parseProxyHeader(flipped(bit)).kind === "header");
    expect(taken).toEqual([]);
  });
});

describe("arbitrary bytes", () => {
  const soup = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((rest) => Buffer.concat([bytes("PROXY "), rest])),
    fc.uint8Array({ maxLength: 300 }).map((rest) => Buffer.concat([bytes(signature), rest])),
    fc
      .tuple(
        fc.constantFrom(0x20, 0x21),
        fc.constantFrom(0, 0x11, 0x21, 0x31),
        fc.uint8Array({ maxLength: 300 }),
      )
      .map(([command, family, body]) => binary(command, family, Buffer.from(body))),
    fc
      .tuple(fc.constantFrom(...headers), fc.nat(), fc.nat(255))
      .map(([[, header], at, byte]) =>
        Buffer.from(header).fill(byte, at % header.length, (at % header.length) + 1),
      ),
  );

  test("are a header, malformed, or too little of one, which is less than the cap", () => {
    fc.assert(
      fc.property(soup, (input) => {
        const parsed = parseProxyHeader(Buffer.from(input));
        const length = parsed.kind === "header" ? parsed.length : 0;
        expect(length).toBeLessThanOrEqual(input.length);
        expect(parsed.kind === "incomplete" ? input.length : 0).toBeLessThan(MAX_PROXY_HEADER);
      }),
      { numRuns: 5000 },
    );
  });

  test("mean the same, however they are cut", async () => {
    const cuts = fc.array(fc.nat(40), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(soup, cuts, async (input, lengths) => {
        const stream = new PassThrough();
        const reader = new MessageReader(stream);
        let at = 0;
        for (const length of lengths) stream.write(Buffer.from(input.subarray(at, (at += length))));
        stream.end(Buffer.from(input.subarray(at)));
        const read = await readProxyHeader(reader);
        await reader.peek(1).catch(() => null);
        expect([read, read.kind === "malformed" ? null : reader.release()]).toEqual(wholeRead(input));
      }),
      { numRuns: 500 },
    );
  });
});

/** What comes of the bytes and then the end, and what is left of them. */
function wholeRead(input: Uint8Array): unknown {
  const parsed = parseProxyHeader(Buffer.from(input));
  if (parsed.kind === "malformed") return [parsed, null];
  if (parsed.kind === "header") return [parsed.header, Buffer.from(input.subarray(parsed.length))];
  if (input.length === 0) return [{ kind: "silent_close" }, Buffer.alloc(0)];
  return [{ kind: "malformed", reason: "a header that is cut short" }, null];
}

test("CRC-32C is that of RFC 3720, appendix B.4", () => {
  const sum = (input: Uint8Array): string => crc32c(input).toString(16).padStart(8, "0");
  expect(sum(Buffer.alloc(32))).toBe("8a9136aa");
  expect(sum(Buffer.alloc(32, 0xff))).toBe("62a8ab43");
  expect(sum(Uint8Array.from({ length: 32 }, (_, n) => n))).toBe("46dd794e");
});
