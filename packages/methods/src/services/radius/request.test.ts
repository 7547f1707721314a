import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attributesOf, type } from "./packet.ts";
import { encodeAccessRequest, identifierOf } from "./request.ts";
import type { AccessRequest } from "./request.ts";

/** RFC 2865, 7.1. */
const nemo: AccessRequest = {
  user: Buffer.from("nemo"),
  password: Buffer.from("arctangent"),
  nasIdentifier: Buffer.from("postgresql"),
  secret: Buffer.from("xyzzy5461"),
  authenticator: Buffer.from("0f403f9473978057bd83d5cb98f4227a", "hex"),
};

const hidden = "0dbe708d93d413ce3196e43f782a0aee";

function valueOf(packet: Buffer, attribute: number): Buffer | undefined {
  return attributesOf(packet)?.find((one) => one.type === attribute)?.value;
}

test("the password is hidden as the RFC shows it", () => {
  const packet = encodeAccessRequest(nemo);
  expect(valueOf(packet, type.userPassword)?.toString("hex")).toBe(hidden);
  expect(packet.includes("arctangent")).toBe(false);
});

test("the attributes are PostgreSQL's, in its order, behind a Message-Authenticator", () => {
  const packet = encodeAccessRequest(nemo);
  expect(packet.subarray(0, 2)).toEqual(Buffer.from([1, 0x0f]));
  expect(identifierOf(nemo)).toBe(0x0f);
  expect(packet.readUInt16BE(2)).toBe(packet.length);
  expect(packet.subarray(4, 20)).toEqual(nemo.authenticator);
  expect(attributesOf(packet)?.map((one) => one.type)).toEqual([80, 6, 1, 32, 2]);
  expect(packet.toString("hex", 38)).toBe(`06060000000801066e656d6f200c706f737467726573716c0212${hidden}`);
});

test("the Message-Authenticator is the digest of the packet with zeros in its place", () => {
  const packet = encodeAccessRequest(nemo);
  const signature = Buffer.from(packet.subarray(22, 38));
  packet.fill(0, 22, 38);
  expect(createHmac("md5", nemo.secret).update(packet).digest()).toEqual(signature);
});

test("a password of any length is filled up to whole blocks, each hidden by the one before", () => {
  const lengths: readonly (readonly [number, number])[] = [
    [1, 16],
    [16, 16],
    [17, 32],
    [128, 128],
  ];
  for (const [length, wanted] of lengths) {
    const packet = encodeAccessRequest({ ...nemo, password: Buffer.alloc(length, "p") });
    const value = valueOf(packet, type.userPassword) ?? Buffer.alloc(0);
    expect(value).toHaveLength(wanted);
    const blocks = Array.from({ length: wanted / 16 }, (_, at) =>
      value.toString("hex", 16 * at, 16 * at + 16),
    );
    expect(new Set(blocks).size).toBe(blocks.length);
  }
});

test("what is too long for an attribute is not cut, but refused", () => {
  const long = Buffer.alloc(254);
  expect(() => encodeAccessRequest({ ...nemo, nasIdentifier: long })).toThrow(RangeError);
  expect(() => encodeAccessRequest({ ...nemo, user: long })).toThrow(RangeError);
});

describe("the attributes of a packet", () => {
  test.each([
    ["a type alone", [1]],
    ["a length of 0", [1, 0]],
    ["a length of 1", [1, 1]],
    ["one that goes beyond the end", [1, 4, 0]],
    ["a whole one and a byte", [1, 2, 3]],
  ])("are none: %s", (_, bytes) => {
    expect(attributesOf(Buffer.concat([Buffer.alloc(20), Buffer.from(bytes)]))).toBeNull();
  });

  test("fill it exactly, or are none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const packet = Buffer.concat([Buffer.alloc(20), bytes]);
        const all = attributesOf(packet)?.map(({ type: one, value }) =>
          Buffer.concat([Buffer.from([one, value.length + 2]), value]),
        );
        expect(all === undefined || Buffer.concat(all).equals(bytes)).toBe(true);
      }),
    );
  });
});
