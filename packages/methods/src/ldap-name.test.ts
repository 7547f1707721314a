import { expect, test } from "vitest";
import { utf8Bytes } from "@sallyport/policy";
import { losesCharacters } from "./ldap-name.ts";

const controls = [...Array.from({ length: 32 }, (_, code) => code), 0x7f, 0x80, 0x85, 0x9f];
const spaces = [0x20, 0xa0, 0x1680, 0x2000, 0x2003, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000];
const around = (code: number): readonly string[] =>
  [(c: string) => `${c}bob`, (c: string) => `bob${c}`].map((name) =>
    utf8Bytes(name(String.fromCodePoint(code))),
  );

test.for(controls)("U+%i, a control character, is none of a name, wherever it stands", (code) => {
  for (const name of [...around(code), utf8Bytes(`b${String.fromCodePoint(code)}b`)]) {
    expect(losesCharacters(name)).toBe(true);
  }
});

test.for(spaces)("U+%i, white space, is none at an edge", (code) => {
  for (const name of around(code)) expect(losesCharacters(name)).toBe(true);
  expect(losesCharacters(utf8Bytes(`b${String.fromCodePoint(code)}b`))).toBe(false);
  expect(losesCharacters(utf8Bytes(String.fromCodePoint(code)))).toBe(true);
});

test("other names stay as they are", () => {
  for (const name of [
    "bob",
    "",
    "bob b",
    "Bob",
    "ｂｏｂ",
    "böb",
    "bobà",
    "Řehoř",
    "ボブ",
    "\u{1f464}",
    "#bob",
  ]) {
    expect(losesCharacters(utf8Bytes(name))).toBe(false);
  }
});

test("of bytes that are no UTF-8 each one is a character", () => {
  for (const name of ["\xa0bob", "bob\xa0", "b\x85b\xe9", "\xe9bob\t", " \xe9", "\xc2\xc2\xa0"]) {
    expect(losesCharacters(name)).toBe(true);
  }
  for (const name of ["b\xe9b", "\xc2bob", "b\xa0b\xe9"]) expect(losesCharacters(name)).toBe(false);
});

test("a name with U+FFFD in it is UTF-8", () => {
  expect(losesCharacters(utf8Bytes("\ufffdŘehoř"))).toBe(false);
});
