import { createHash, createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAnswer } from "./answer.ts";
import type { Answer, Asked } from "./answer.ts";

/** RFC 2865, 7.1. */
const asked: Asked = {
  identifier: 0,
  authenticator: Buffer.from("0f403f9473978057bd83d5cb98f4227a", "hex"),
  secret: Buffer.from("xyzzy5461"),
  user: "nemo",
  requireMessageAuthenticator: false,
};
const accept = Buffer.from(
  "0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103",
  "hex",
);

/** An answer that is right in all that PostgreSQL looks at. */
function answer(code: number, attributes: Buffer): Buffer {
  const packet = Buffer.concat([
    Buffer.from([code, 0, 0, 20 + attributes.length]),
    asked.authenticator,
    attributes,
  ]);
  createHash("md5").update(packet).update(asked.secret).digest().copy(packet, 4);
  return packet;
}

function signed(code: number): Buffer {
  const empty = Buffer.concat([Buffer.from([80, 18]), Buffer.alloc(16)]);
  const packet = Buffer.concat([Buffer.from([code, 0, 0, 38]), asked.authenticator, empty]);
  return answer(
    code,
    Buffer.concat([empty.subarray(0, 2), createHmac("md5", asked.secret).update(packet).digest()]),
  );
}

function why(found: Answer): string {
  return found.kind === "wrong" ? found.why : found.kind;
}

test("the answer of the RFC is one", () => {
  expect(readAnswer(accept, asked)).toEqual({ kind: "accept" });
});

test("of one bit that is another none is left", () => {
  for (let bit = 0; bit < accept.length * 8; bit += 1) {
    const changed = Buffer.from(accept);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(readAnswer(changed, asked).kind).toBe("wrong");
  }
});

test("with a secret or a request that is another it is none", () => {
  expect(why(readAnswer(accept, { ...asked, secret: Buffer.from("xyzzy5462") }))).toBe(
    " has incorrect MD5 signature",
  );
  expect(why(readAnswer(accept, { ...asked, authenticator: Buffer.alloc(16) }))).toBe(
    " has incorrect MD5 signature",
  );
  expect(why(readAnswer(accept, { ...asked, identifier: 1 }))).toBe(
    " is to a different request: 0 (should be 1)",
  );
});

describe("where a Message-Authenticator is required", () => {
  const strict = { ...asked, requireMessageAuthenticator: true };

  test("an answer without one is none, and the hint names the setting", () => {
    expect(readAnswer(accept, strict)).toEqual({
      kind: "wrong",
      why: " has no Message-Authenticator",
      hint: expect.stringContaining('"radius_require_message_authenticator = off"'),
    });
  });

  test("one with it counts", () => {
    expect(readAnswer(signed(2), strict)).toEqual({ kind: "accept" });
    expect(readAnswer(signed(3), strict)).toEqual({ kind: "reject" });
    expect(why(readAnswer(signed(11), strict))).toBe(' has invalid code (11) for user "nemo"');
  });
});

test("a Message-Authenticator that is wrong never counts, though all that PostgreSQL looks at is right", () => {
  const wrong = Buffer.concat([Buffer.from([80, 18]), Buffer.alloc(16)]);
  expect(why(readAnswer(answer(2, wrong), asked))).toBe(" has incorrect Message-Authenticator");
  expect(why(readAnswer(answer(2, Buffer.from([80, 2])), asked))).toBe(
    " has incorrect Message-Authenticator",
  );
  expect(why(readAnswer(answer(2, Buffer.from([80, 0])), asked))).toBe(" has corrupt attributes");
});

test("bytes by chance are none, and nothing is thrown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1200 }), fc.boolean(), (bytes, required) => {
      const found = readAnswer(Buffer.from(bytes), { ...asked, requireMessageAuthenticator: required });
      expect(found.kind).toBe("wrong");
    }),
  );
});
