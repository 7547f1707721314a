import { expect, test } from "vitest";
import { lookUpPassword } from "./passfile-entry.ts";

// Every case of this file was given to psql 15, and what it sent was looked at.
const key = { host: "h", port: 5432, database: "d", user: "u" };

test.each([
  ["h:5432:d:u:p", "p"],
  ["*:*:*:*:p", "p"],
  ["x:5432:d:u:1\nh:5432:d:u:2\nh:5432:d:u:3", "2"],
  ["#h:5432:d:u:no\nh:5432:d:u:p\r\n", "p"],
  ["\n\nh:5432:d:u:a\\:b\\\\c", "a:b\\c"],
  ["h:5432:d:u:a:b", "a"],
  ["\\h:5432:d:u:p", "p"],
  ["h:5432:d:u:", ""],
  ["h:5432:d:u:p\\", "p\\"],
  ["h:5432:d:u", null],
  ["h*:5432:d:u:p", null],
  ["\\*:5432:d:u:p", null],
  ["h:5433:d:u:p", null],
  ["h:5432:d:U:p", null],
  ["", null],
  ["h:5432:d:u:p\r\r\n", "p"],
  ["h:5432:d:u\\", null],
  ["h:5432:d:\\", null],
  [" h:5432:d:u:p", null],
  ["h:05432:d:u:p", null],
  ["h:5432:d:uu:p", null],
  ["h:5432:d::p", null],
  ["**:5432:d:u:p", null],
])("%j gives %j", (text, password) => {
  expect(lookUpPassword(text, key)?.reveal() ?? null).toBe(password);
});

test("a colon in a name fits with and without a backslash, as in libpq", () => {
  const other = { ...key, host: "::1", user: "a:b" };
  expect(lookUpPassword("::1:5432:d:a\\:b:p", other)?.reveal()).toBe("p");
  expect(lookUpPassword("\\:\\:1:5432:d:a:b:p", other)?.reveal()).toBe("p");
  expect(lookUpPassword("::1:5432:d:a:b", other)).toBeNull();
});

test("names are bytes, and nothing in them is a pattern", () => {
  const lines = "*:*:*:caf\u00C3\u00A9:1\n*:*:*:\u00FF:2\n*:*:*:x:3";
  expect(lookUpPassword(lines, { ...key, user: "\u00FF" })?.reveal()).toBe("2");
  expect(lookUpPassword(lines, { ...key, user: "caf\u00C3\u00A9" })?.reveal()).toBe("1");
  for (const user of ["*", ".", "", "\u00C3", "x:3", "\\x"]) {
    expect(lookUpPassword(lines, { ...key, user })).toBeNull();
  }
});

test("an escaped asterisk or colon in a name is itself", () => {
  expect(lookUpPassword("\\*:5432:d:a\\:b:p", { ...key, host: "*", user: "a:b" })?.reveal()).toBe("p");
});
