import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FatalError, WireError } from "../errors.ts";
import { decodeAuthentication, encodeAuthentication } from "./authentication.ts";
import type { AuthenticationRequest } from "./authentication.ts";
import { cstring, int16 } from "./body.ts";
import { decodeErrorFields, encodeNoticeResponse } from "./error-response.ts";
import {
  decodePasswordMessage,
  decodeSaslInitialResponse,
  encodePasswordMessage,
  encodeSaslInitialResponse,
} from "./password.ts";
import { encodeBind, encodeParse, encodeQuery } from "./query.ts";
import { decodeCommandComplete, decodeDataRow, decodeRowDescription } from "./result.ts";
import {
  decodeBackendKeyData,
  decodeNegotiateProtocolVersion,
  decodeParameterStatus,
  decodeReadyForQuery,
  encodeBackendKeyData,
  encodeNegotiateProtocolVersion,
  encodeParameterStatus,
  encodeReadyForQuery,
} from "./session.ts";
import {
  encodeCancelRequest,
  encodeGssencRequest,
  encodeSslRequest,
  encodeStartupPacket,
} from "./startup.ts";

const text = fc.uint8Array({ min: 1 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const name = text.filter((value) => value !== "");
const buffer = fc.uint8Array().map((bytes) => Buffer.from(bytes));

/** Name and code of the error that `act` throws, or null. */
function failure(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof WireError || error instanceof FatalError
      ? `${error.name} ${error.code}`
      : String(error);
  }
}

/** The body of a typed message, after checking type and length. */
function body(message: Buffer, type: string): Buffer {
  expect(message.toString("latin1", 0, 1)).toBe(type);
  expect(message.readInt32BE(1)).toBe(message.length - 1);
  return message.subarray(5);
}

describe("what is encoded is decoded again", () => {
  test("authentication requests", () => {
    const request: fc.Arbitrary<AuthenticationRequest> = fc.oneof(
      fc.constantFrom("ok", "cleartext_password", "gss", "sspi").map((kind) => ({ kind }) as const),
      fc
        .uint8Array({ minLength: 4, maxLength: 4 })
        .map((salt) => ({ kind: "md5_password", salt: Buffer.from(salt) }) as const),
      fc.array(name).map((mechanisms) => ({ kind: "sasl", mechanisms }) as const),
      fc
        .tuple(fc.constantFrom("gss_continue", "sasl_continue", "sasl_final"), buffer)
        .map(([kind, data]) => ({ kind, data }) as const),
    );
    fc.assert(
      fc.property(request, (value) => {
        expect(decodeAuthentication(body(encodeAuthentication(value), "R"))).toEqual(value);
      }),
    );
  });

  test("session messages", () => {
    fc.assert(
      fc.property(text, text, fc.array(text), fc.nat(65535), (left, right, names, minor) => {
        const status = { name: left, value: right };
        expect(decodeParameterStatus(body(encodeParameterStatus(status), "S"))).toEqual(status);
        const negotiation = { version: { major: 3, minor }, unknownOptions: names };
        const encoded = body(encodeNegotiateProtocolVersion(negotiation), "v");
        expect(decodeNegotiateProtocolVersion(encoded)).toEqual(negotiation);
      }),
    );
    for (const length of [4, 32, 256]) {
      const key = { processId: -7, secretKey: Buffer.alloc(length, 9) };
      expect(decodeBackendKeyData(body(encodeBackendKeyData(key), "K"))).toEqual(key);
    }
    for (const status of ["I", "T", "E"] as const) {
      expect(decodeReadyForQuery(body(encodeReadyForQuery(status), "Z"))).toBe(status);
    }
  });

  test("passwords and SASL responses", () => {
    fc.assert(
      fc.property(text, fc.option(buffer), (password, data) => {
        expect(decodePasswordMessage(body(encodePasswordMessage(password), "p"))).toBe(password);
        const response = { mechanism: "SCRAM-SHA-256", data };
        const encoded = body(encodeSaslInitialResponse(response.mechanism, data), "p");
        expect(decodeSaslInitialResponse(encoded, ["SCRAM-SHA-256"])).toEqual(response);
      }),
    );
  });

  test("notices", () => {
    const fields = fc.array(fc.record({ type: fc.constantFrom("S", "M", "é"), value: text }));
    fc.assert(
      fc.property(fields, (value) => {
        expect(decodeErrorFields(body(encodeNoticeResponse(value), "N"))).toEqual(value);
      }),
    );
  });
});

describe("a decoder given any bytes", () => {
  const decoders = {
    decodeAuthentication,
    decodeBackendKeyData,
    decodeCommandComplete,
    decodeDataRow,
    decodeNegotiateProtocolVersion,
    decodeParameterStatus,
    decodeReadyForQuery,
    decodeRowDescription,
  };

  test.each(Object.entries(decoders))("%s answers or fails with malformed_message", (_, decode) => {
    fc.assert(
      fc.property(buffer, (bytes) => {
        expect([null, "WireError malformed_message"]).toContain(failure(() => decode(bytes)));
      }),
      { numRuns: 500 },
    );
  });

  test("client messages answer or fail with a FATAL 08P01; errors are always decoded", () => {
    fc.assert(
      fc.property(buffer, (bytes) => {
        expect(failure(() => decodeErrorFields(bytes))).toBeNull();
        expect([null, "FatalError 08P01"]).toContain(failure(() => decodePasswordMessage(bytes)));
        expect([null, "FatalError 08P01"]).toContain(failure(() => decodeSaslInitialResponse(bytes, [""])));
      }),
    );
  });
});

describe("the numbers that a hostile server announces are checked before they are used", () => {
  test.each([
    ["32767 columns in nothing", () => decodeDataRow(int16(32767))],
    ["a negative number of columns", () => decodeRowDescription(int16(-1))],
    ["a value of length −2", () => decodeDataRow(Buffer.from("0001fffffffe", "hex"))],
    ["a value longer than the message", () => decodeDataRow(Buffer.from("00017fffffff61", "hex"))],
    [
      "2 thousand million options",
      () => decodeNegotiateProtocolVersion(Buffer.from("000300007fffffff", "hex")),
    ],
    ["a cancel key of 3 bytes", () => decodeBackendKeyData(Buffer.alloc(7))],
    ["a cancel key of 257 bytes", () => decodeBackendKeyData(Buffer.alloc(261))],
  ])("%s", (_, decode) => {
    expect(decode).toThrow(expect.objectContaining({ code: "malformed_message" }));
  });
});

describe("what a client sends", () => {
  test("the first packets have no type byte", () => {
    expect(encodeSslRequest().toString("hex")).toBe("0000000804d2162f");
    expect(encodeGssencRequest().toString("hex")).toBe("0000000804d21630");
    const key = { processId: 258, secretKey: Buffer.of(1, 2, 3, 4) };
    expect(encodeCancelRequest(key).toString("hex")).toBe("0000001004d2162e0000010201020304");
    const packet = encodeStartupPacket([["user", "u"]]);
    expect(packet.toString("latin1")).toBe("\0\0\0\x10\0\x03\0\0user\0u\0\0");
  });

  test("a NUL in a name would be read as the start of the next field, and is refused", () => {
    const refused = expect.objectContaining({ code: "invalid_value" });
    expect(() => cstring("a\0b")).toThrow(refused);
    expect(() => encodeStartupPacket([["user", "u\0database\0secret"]])).toThrow(refused);
    expect(() => encodeQuery("select 1\0")).toThrow(refused);
    expect(() => encodeParse("s", "select 1\0")).toThrow(refused);
  });

  test("NULL and the empty string are different parameters", () => {
    expect(encodeBind("s", [null, ""]).toString("latin1", 5)).toBe(
      "\0s\0\0\0\0\x02\u00FF\u00FF\u00FF\u00FF\0\0\0\0\0\0",
    );
  });
});

test.each([
  ["", "invalid password packet size"],
  ["x", "invalid password packet size"],
  ["a\0b\0", "invalid password packet size"],
  ["a\0\0", "invalid password packet size"],
])("the password packet %j: %s", (bytes, message) => {
  expect(() => decodePasswordMessage(Buffer.from(bytes))).toThrow(message);
});

test("an empty password is passed on: refusing it is the method's business", () => {
  expect(decodePasswordMessage(Buffer.from("\0"))).toBe("");
});

test.each([
  ["SCRAM", "invalid string in message"],
  ["FOO\0", "client selected an invalid SASL authentication mechanism"],
  ["scram-sha-256\0", "client selected an invalid SASL authentication mechanism"],
  ["SCRAM-SHA-256\0", "insufficient data left in message"],
  ["SCRAM-SHA-256\0\0\0\0\x05abc", "insufficient data left in message"],
  ["SCRAM-SHA-256\0\0\0\0\x01abc", "invalid message format"],
  ["SCRAM-SHA-256\0\u00FF\u00FF\u00FF\u00FFx", "invalid message format"],
  ["SCRAM-SHA-256\0\u00FF\u00FF\u00FF\u00FE", "insufficient data left in message"],
])("the SASLInitialResponse %j: %s", (bytes, message) => {
  const decode = () => decodeSaslInitialResponse(Buffer.from(bytes, "latin1"), ["SCRAM-SHA-256"]);
  expect(decode).toThrow(message);
});
