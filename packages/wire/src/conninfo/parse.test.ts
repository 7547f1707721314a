import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../errors.ts";
import { parseConninfo } from "./parse.ts";

// Every case of this file was given to PQconninfoParse of libpq 18.
const values = (text: string) => Object.fromEntries(parseConninfo(text));

describe("key = value pairs", () => {
  test.each([
    ["", {}],
    [" ", {}],
    ["host =", { host: "" }],
    ["host = x", { host: "x" }],
    ["host=''", { host: "" }],
    ["host='a\\'b\\\\c' user=u", { host: "a'b\\c", user: "u" }],
    ["host=a\\", { host: "a" }],
    ["host=a\\ b", { host: "a b" }],
    ["host='a'user=b", { host: "a", user: "b" }],
    ["host=a\tuser=b\nport=5", { host: "a", user: "b", port: "5" }],
    ["password=a=b", { password: "a=b" }],
    ["user=a user=b", { user: "b" }],
    ["sslmode='x'", { sslmode: "x" }],
    ["requiressl=1", { sslmode: "require" }],
    ["requiressl=0", { sslmode: "prefer" }],
  ])("%j", (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  test.each([
    ["a", 'missing "=" after "a" in connection info string'],
    ["a b", 'missing "=" after "a" in connection info string'],
    [" foo bar", 'missing "=" after "foo" in connection info string'],
    ["POSTGRES://x", 'missing "=" after "POSTGRES://x" in connection info string'],
    ["host='a", "unterminated quoted string in connection info string"],
    ["host='a\\", "unterminated quoted string in connection info string"],
    ["foo=1", 'invalid connection option "foo"'],
    ["=x", 'invalid connection option ""'],
  ])("%j: %s", (text, message) => {
    expect(() => parseConninfo(text)).toThrow(message);
  });
});

describe("URIs", () => {
  test.each([
    ["postgresql://", {}],
    ["postgres://h", { host: "h" }],
    ["postgresql://u@h/d", { user: "u", host: "h", dbname: "d" }],
    ["postgresql://u:p@h:1/d", { user: "u", password: "p", host: "h", port: "1", dbname: "d" }],
    ["postgresql://h1,h2:2", { host: "h1,h2", port: ",2" }],
    ["postgresql://[::1]", { host: "::1" }],
    ["postgresql://[::1]:5/x", { host: "::1", port: "5", dbname: "x" }],
    ["postgresql://a,[::1]:7,b", { host: "a,::1,b", port: ",7," }],
    ["postgresql://[a],[b]:1", { host: "a,b", port: ",1" }],
    ["postgresql://%68ost", { host: "host" }],
    ["postgresql://%2Ftmp/d", { host: "/tmp", dbname: "d" }],
    ["postgresql://h?host=/a", { host: "/a" }],
    ["postgresql:// h ", { host: "h" }],
    ["postgresql://a:b:c@h", { user: "a", password: "b:c", host: "h" }],
    ["postgresql://@h", { host: "h" }],
    ["postgresql://:@h", { host: "h" }],
    ["postgresql://:p@h", { password: "p", host: "h" }],
    ["postgresql://u@h@i/d", { user: "u", host: "h@i", dbname: "d" }],
    ["postgresql://u:p", { host: "u", port: "p" }],
    ["postgresql://h:1:2/", { host: "h", port: "1:2" }],
    ["postgresql://h/?", { host: "h" }],
    ["postgresql://h?", { host: "h" }],
    ["postgresql://h/d/e?application_name=%41", { host: "h", dbname: "d/e", application_name: "A" }],
    ["postgresql:///a%20b", { dbname: "a b" }],
    ["postgresql:///?user=a&", { user: "a" }],
    ["postgresql:///?user=a&user=b", { user: "b" }],
    ["postgresql:///?us%65r=a", { user: "a" }],
    ["postgresql:///?ssl=true", { sslmode: "require" }],
    ["postgresql:///?requiressl=1", { sslmode: "require" }],
    ["postgresql:///?application_name= a ", { application_name: "a" }],
  ])("%j", (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  test.each([
    ["postgresql://u:p@h1:1,h2:2/d?x=1", 'invalid URI query parameter: "x"'],
    ["postgresql:///?foo%41=a", 'invalid URI query parameter: "fooA"'],
    ["postgresql:///?ssl=1", 'invalid URI query parameter: "ssl"'],
    ["postgresql:///?user", 'missing key/value separator "=" in URI query parameter: "user"'],
    ["postgresql://h/?&", 'missing key/value separator "=" in URI query parameter: ""'],
    ["postgresql:///?user=a=b", 'extra key/value separator "=" in URI query parameter: "user"'],
    [
      "postgresql://[::1",
      'end of string reached when looking for matching "]" in IPv6 host address in URI: "postgresql://[::1"',
    ],
    ["postgresql://[]", 'IPv6 host address may not be empty in URI: "postgresql://[]"'],
    [
      "postgresql://[::1]x",
      'unexpected character "x" at position 19 in URI (expected ":" or "/"): "postgresql://[::1]x"',
    ],
    ["postgresql://h%zz", 'invalid percent-encoded token: "h%zz"'],
    ["postgresql://u%", 'invalid percent-encoded token: "u%"'],
    ["postgresql://u%4", 'invalid percent-encoded token: "u%4"'],
    ["postgresql://h%00", 'forbidden value %00 in percent-encoded value: "h%00"'],
    [
      "postgresql:///d?host=/a b",
      'unexpected spaces found in "/a b", use percent-encoded spaces (%20) instead',
    ],
    [
      "postgresql:///?application_name= a b ",
      'unexpected spaces found in " a b ", use percent-encoded spaces (%20) instead',
    ],
  ])("%j: %s", (text, message) => {
    expect(() => parseConninfo(text)).toThrow(message);
  });
});

/** The text of the WireError that `text` is refused with, or null. */
function refusal(text: string): string | null {
  try {
    parseConninfo(text);
    return null;
  } catch (error) {
    return error instanceof WireError && error.code === "invalid_conninfo"
      ? error.message
      : `BUG: ${String(error)}`;
  }
}

test.each([
  "password=hunter2 hunter2",
  "password=x hunter2=1",
  "postgresql://u:hunter2%zz@h",
  "postgresql://u:hunter2 x@h",
  "postgresql://u:hunter2@[h",
  "postgresql:///?password=hunter2%00",
  "postgresql://[?password=hunter2",
])("%j is refused, in an error without the password (here libpq would show it)", (text) => {
  expect(refusal(text)).not.toBeNull();
  expect(refusal(text)).not.toMatch(/hunter2|BUG/);
});

test("any text is parsed or refused", () => {
  const piece = fc.constantFrom(
    "host",
    "user",
    "=",
    "'",
    "\\",
    " ",
    "%",
    "41",
    "@",
    "[",
    "]",
    ":",
    ",",
    "/",
    "?",
    "&",
    "é",
  );
  const text = fc.array(piece).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.constantFrom("", "postgresql://"), (rest, prefix) => {
      expect(refusal(prefix + rest) ?? "").not.toContain("BUG");
    }),
    { numRuns: 2000 },
  );
});
