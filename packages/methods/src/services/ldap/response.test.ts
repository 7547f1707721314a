import { assert, constantFrom, property, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { BerError, readBerHeader } from "./ber.ts";
import { parseResponse } from "./response.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

function readOrRefused(message: Buffer): string {
  try {
    return parseResponse(message).kind;
  } catch (error) {
    if (error instanceof BerError) return "refused";
    throw error;
  }
}

describe("an answer", () => {
  test.for([
    ["30 0c 020107 61 07 0a0100 0400 0400", { id: 7, kind: "bind", result: { code: 0, diagnostics: null } }],
    [
      "30 0f 020107 61 0a 0a0131 0400 0403 626164",
      { id: 7, kind: "bind", result: { code: 49, diagnostics: "bad" } },
    ],
    // As Active Directory writes lengths.
    [
      "30 84 00000010 020107 61 84 00000007 0a0100 0400 0400",
      { id: 7, kind: "bind", result: { code: 0, diagnostics: null } },
    ],
    [
      "30 10 020107 65 0b 0a010a 0400 0400 a302 0400",
      { id: 7, kind: "search_done", result: { code: 10, diagnostics: null } },
    ],
    [
      "30 0f 020100 78 0a 0a0134 0400 0400 8a01 78",
      { id: 0, kind: "extended", result: { code: 52, diagnostics: null } },
    ],
    ["30 0b 020107 64 06 0402 e93d 3000", { id: 7, kind: "entry", dn: "\xe9=" }],
    ["30 07 020107 73 02 0400", { id: 7, kind: "reference" }],
    [
      "30 12 020107 61 07 0a0100 0400 0400 a0 04 3002 0400",
      { id: 7, kind: "bind", result: { code: 0, diagnostics: null } },
    ],
  ] as const)("%s is read", ([hex, response]) => {
    expect(parseResponse(bytes(hex))).toEqual(response);
  });

  test.for([
    ["without a body", "30 05 020107 61 00"],
    ["without a code", "30 09 020107 61 04 0400 0400"],
    ["with half a result", "30 08 020107 61 03 0a0100"],
    ["with a negative code", "30 0c 020107 61 07 0a01ff 0400 0400"],
    ["with an empty code", "30 0b 020107 61 06 0a00 0400 0400"],
    ["with a code of five bytes", "30 10 020107 61 0b 0a05 0000000000 0400 0400"],
    ["with bytes behind the result", "30 0d 020107 61 08 0a0100 0400 0400 00"],
    ["with an element that is cut off", "30 0f 020107 61 0a 0a0100 0400 0400 0405 41"],
    ["with a length of four times 255", "30 12 020107 61 0d 0a0100 0400 0400 0484 fffffffa"],
    ["with bytes behind the message", "30 0c 020107 61 07 0a0100 0400 0400 00"],
    ["with bytes behind the controls", "30 10 020107 61 07 0a0100 0400 0400 a000 0400"],
    ["of an operation that answers nothing", "30 0c 020107 60 07 0a0100 0400 0400"],
    ["with a negative ID", "30 0c 0201ff 61 07 0a0100 0400 0400"],
    ["without an operation", "30 03 020107"],
    ["that is an entry without attributes", "30 07 020107 64 02 0400"],
    ["with a tag of several bytes", "30 0d 020107 7f01 07 0a0100 0400 0400"],
  ])("%s is none", ([, hex = ""]) => {
    expect(() => parseResponse(bytes(hex))).toThrow(BerError);
  });

  test("of any bytes is read or refused, and nothing else happens", () => {
    const start = constantFrom("300c020107610a", "300c02010765", "300c02010764", "3010020107780b0a0100", "");
    assert(
      property(start, uint8Array({ maxLength: 40 }), (head, tail) => {
        const outcome = readOrRefused(Buffer.concat([bytes(head), tail]));
        expect(["bind", "search_done", "extended", "entry", "reference", "refused"]).toContain(outcome);
      }),
      { numRuns: 5000 },
    );
  });

  test("that is cut anywhere is no success", () => {
    const whole = bytes("30 0f 020107 61 0a 0a0100 0400 0403 626164");
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseResponse(whole.subarray(0, length))).toThrow(BerError);
    }
  });
});

test("a header is read as soon as it is there, and its length is never below zero", () => {
  expect(readBerHeader(bytes("30"))).toBeNull();
  expect(readBerHeader(bytes("3084ffffff"))).toBeNull();
  expect(readBerHeader(bytes("3084ffffffff"))).toEqual({
    tag: 0x30,
    headerLength: 6,
    contentLength: 0xffff_ffff,
  });
  expect(() => readBerHeader(bytes("3080"))).toThrow(BerError);
  expect(() => readBerHeader(bytes("3085"))).toThrow(BerError);
});
