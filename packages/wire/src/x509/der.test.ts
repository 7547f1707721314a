import { describe, expect, test } from "vitest";
import { DER, DerReader, objectIdentifier } from "./der.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("values", () => {
  test("side by side, and one in another", () => {
    const reader = new DerReader(bytes("30 06 02 01 05 02 01 ff 05 00"));
    const inner = reader.enter(DER.sequence);
    expect(inner.nextIs(DER.integer)).toBe(true);
    expect(inner.read()).toEqual({ tag: 2, content: bytes("05"), encoded: bytes("02 01 05") });
    expect(inner.read(DER.integer).content).toEqual(bytes("ff"));
    expect(inner.atEnd).toBe(true);
    expect(() => reader.end()).toThrow("malformed DER: bytes behind the last value");
    expect(reader.read(DER.null).content).toHaveLength(0);
    reader.end();
    expect(reader.nextIs(DER.null)).toBe(false);
  });

  test.each([
    ["of 127 bytes", "04 7f", 127],
    ["of 128", "04 81 80", 128],
    ["of 256", "04 82 01 00", 256],
    ["of 65536", "04 83 01 00 00", 65_536],
  ])("%s have the shortest length", (_, head, length) => {
    const reader = new DerReader(Buffer.concat([bytes(head), Buffer.alloc(length)]));
    expect(reader.read(DER.octetString).content).toHaveLength(length);
    reader.end();
  });

  test.each([
    ["", "a value that is cut short"],
    ["04", "a value that is cut short"],
    ["04 02 00", "a value that is cut short"],
    ["04 82 01", "a value that is cut short"],
    ["04 84 ff ff ff ff", "a value that is cut short"],
    ["04 80 00 00", "a length of no fixed size, or too large"],
    ["04 85 01 00 00 00 00", "a length of no fixed size, or too large"],
    ["04 ff", "a length of no fixed size, or too large"],
    ["04 81 7f", "a length that is longer than it need be"],
    ["04 82 00 80", "a length that is longer than it need be"],
    ["04 84 00 00 01 00", "a length that is longer than it need be"],
    ["1f 81 01 00", "an identifier of several octets"],
    ["02 01 00", "identifier 0x02 where 0x04 should be"],
  ])("%j is refused: %s", (hex, reason) => {
    const read = (): unknown => new DerReader(bytes(hex)).read(DER.octetString);
    const error = { code: "malformed_message", message: `malformed DER: ${reason}` };
    expect(read).toThrow(expect.objectContaining(error));
  });
});

describe("object identifiers", () => {
  test.each([
    ["55 04 03", "2.5.4.3"],
    ["2a 86 48 86 f7 0d 01 01 0b", "1.2.840.113549.1.1.11"],
    ["00", "0.0"],
    ["27", "0.39"],
    ["28", "1.0"],
    ["4f", "1.39"],
    ["50", "2.0"],
    ["88 37 03", "2.999.3"],
    [
      "69 83 df bf ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff 7f",
      "2.25.318682411989433580528687742702212612095",
    ],
  ])("%s is %s", (hex, text) => {
    expect(objectIdentifier(bytes(hex))).toBe(text);
  });

  test.each(["", "55 84", "80 01", "55 80 01", "01".repeat(129)])("%j is none", (hex) => {
    expect(() => objectIdentifier(bytes(hex))).toThrow("malformed DER: an object identifier");
  });
});
