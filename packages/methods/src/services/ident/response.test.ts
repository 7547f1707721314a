import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readIdentResponse } from "./response.ts";

test.each([
  ["6193, 23 : USERID : UNIX : stjohns\r\n", "stjohns"],
  ["6193, 23 : USERID : UNIX, US-ASCII : st johns \r\n", "st johns "],
  ["1,2:USERID:UNIX:a:b\r\n", "a:b"],
  ["1,2:USERID::bob\r\n", "bob"],
  ["1,2:USERID:UNIX:bo\rb\r\n", "bo"],
  ["1,2:USERID:UNIX:bob\rX", "bob"],
])("%j names %j", (response, user) => {
  expect(readIdentResponse(response)).toBe(user);
});

test.each([
  "6193, 23 : ERROR : HIDDEN-USER\r\n",
  "6193, 23 : userid : UNIX : stjohns\r\n",
  "1,2:USERIDS:UNIX:bob\r\n",
  "1,2:USERID:bob\r\n",
  "1,2:USERID:UNIX:bob\n",
  "1,2:USERID:UNIX:bob\r",
  "1,2:USERID:UNIX:bob",
  "1,2:USERID:UNIX:\r\n",
  "1,2:USERID:UNIX: \t\r\n",
  "1,2:USERID\r:UNIX:bob\r\n",
  "1,2:USERID:UNIX:bo\0b\r\n",
  "\0\r\n",
  "\r\n",
  "\n",
  "",
])("%j names nobody", (response) => {
  expect(readIdentResponse(response)).toBeNull();
});

const pieces = fc.constantFrom(
  "1,2",
  ":",
  " ",
  "\t",
  "\r",
  "\n",
  "\0",
  "USERID",
  "ERROR",
  "UNIX",
  "bob",
  "\u00fc",
);

test("whatever it is, a name has 1 to 512 bytes, no CR and no NUL, and stands there behind three colons", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (list) => {
      const response = `${list.join("")}\r\n`;
      const name = readIdentResponse(response);
      if (name === null) return;
      expect(name).toMatch(/^[^\r\0]{1,512}$/);
      expect(response.indexOf(name)).toBeGreaterThanOrEqual("::USERID:".length - 1);
      expect(response.split(":").length).toBeGreaterThan(3);
    }),
    { numRuns: 2000 },
  );
});

test("a name is cut to 512 bytes", () => {
  expect(readIdentResponse(`1,2:USERID:UNIX:${"u".repeat(600)}\r\n`)).toBe("u".repeat(512));
});
