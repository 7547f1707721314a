import { expect, test } from "vitest";
import { FatalError, ServerError } from "./errors.ts";
import { decodeErrorFields, encodeErrorResponse, encodeFatalError } from "./message/error-response.ts";

const error = new FatalError("28P01", 'password authentication failed for user "u"', {
  detail: "for the client",
  hint: "try",
  logDetail: "for the log",
  cause: new Error("inside"),
});

test("what is for the log never reaches the client", () => {
  const bytes = encodeFatalError(error).toString("latin1");
  expect(bytes).toContain("\0Dfor the client\0Htry\0");
  expect(bytes).not.toMatch(/log|inside/);
});

test("the old format has severity and message only, and no length", () => {
  expect(encodeFatalError(error, "v2").toString("latin1")).toBe(
    'EFATAL:  password authentication failed for user "u"\n\0',
  );
});

test("a server's error can be handed on with all its fields in order", () => {
  const bytes = encodeErrorResponse([
    { type: "S", value: "FATAL" },
    { type: "C", value: "57P03" },
    { type: "M", value: "the database system is starting up" },
    { type: "?", value: "unknown field" },
  ]);
  const received = new ServerError(decodeErrorFields(bytes.subarray(5)));
  expect(received).toMatchObject({ severity: "FATAL", code: "57P03" });
  expect(encodeErrorResponse(received.fields)).toEqual(bytes);
});

test.each([
  ["no field at all", ""],
  ["an empty message", "\0"],
  ["no SQLSTATE", "SFATAL\0Mno\0\0"],
  ["no terminator", "SFATAL\0Mno"],
])("an error with %s is still an error", (_, body) => {
  const received = new ServerError(decodeErrorFields(Buffer.from(body, "latin1")));
  expect(received).toMatchObject({ severity: "FATAL", code: "XX000" });
  expect(received.message).toMatch(/^no$|^the server sent an error without a message$/);
});
