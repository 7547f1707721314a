import { expect, test } from "vitest";
import { parseRequireAuth } from "./require-auth.ts";

test.each([
  ["", ["password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none"]],
  ["scram-sha-256", ["scram-sha-256"]],
  ["scram-sha-256,none", ["scram-sha-256", "none"]],
  ["!password,!md5,!none", ["gss", "sspi", "scram-sha-256", "oauth"]],
])("%j allows %j", (text, methods) => {
  expect([...parseRequireAuth(text).allowed].toSorted()).toEqual(methods.toSorted());
});

// In the words of libpq 18.
test.each([
  ["x", 'invalid require_auth value: "x"'],
  ["md5, none", 'invalid require_auth value: " none"'],
  ["md5,", 'invalid require_auth value: ""'],
  ["!", 'invalid require_auth value: ""'],
  ["md5,!gss", 'negative require_auth method "!gss" cannot be mixed with non-negative methods'],
  ["!gss,md5", 'require_auth method "md5" cannot be mixed with negative methods'],
  ["md5,md5", 'require_auth method "md5" is specified more than once'],
  ["!md5,!md5", 'require_auth method "!md5" is specified more than once'],
])("%j: %s", (text, message) => {
  expect(() => parseRequireAuth(text)).toThrow(message);
});
