import { serverProfile } from "@sallyport/policy";
import { describe, expect, test } from "vitest";
import type { FileKind } from "./cells.ts";
import { findMismatch } from "./proof.ts";

function difference(kind: FileKind, before: string, after: string): string | null {
  const profile = serverProfile();
  if ("error" in profile) throw new Error(profile.error);
  const disk = { files: new Map(), directories: new Map(), zones: new Map(), hosts: new Map() };
  const found = findMismatch(before, after, { kind, fileName: "/etc/file", profile, disk });
  return found && `${found.lineNumber}: ${found.what}`;
}

describe("what is no other file", () => {
  test.each([
    ["local all all peer\n", "local   all   all   peer\n"],
    ["local all all peer # why", "local all all peer    # why\n"],
    ["local a, b all peer\n", "local a,b all peer\n"],
    ["nonsense  here\n", "nonsense here\n"],
  ])("%j and %j", (before, after) => {
    expect(difference("hba", before, after)).toBeNull();
  });
});

describe("what is", () => {
  test.each<[why: string, before: string, after: string, found: string]>([
    ["a word", "local all all peer\n", "local all bob peer\n", "null: something besides blanks changes"],
    ["a comment", "# a\n", "# b\n", "null: something besides blanks changes"],
    ["a line that is gone", "# a\n\n# b\n", "# a\n# b\n", "null: something besides blanks changes"],
    ["a line more", "# a\n", "# a\n\n", "null: something besides blanks changes"],
    ["the order", "# a\n# b\n", "# b\n# a\n", "null: something besides blanks changes"],
    [
      "a blank in quotes",
      'local "a b" all peer\n',
      'local "ab" all peer\n',
      "1: its words change for PostgreSQL 10.0",
    ],
    [
      "a blank between words",
      "local all all peer\n",
      "local allall peer\n",
      "1: its words change for PostgreSQL 10.0",
    ],
    ["a list", "local a ,b peer\n", "local a, b peer\n", "1: its words change for PostgreSQL 10.0"],
    [
      "a continuation, which there is from 14 on",
      "# a \\ \nlocal all all peer\n",
      "# a \\\nlocal all all peer\n",
      "2: its words change for PostgreSQL 14.0",
    ],
    [
      "a carriage return, which is a word in 19",
      "local all all \r peer\n",
      "local all all\r peer\n",
      "1: its words change for PostgreSQL 19.0",
    ],
    [
      "a line that is too long for PostgreSQL 10",
      `local all all peer # ${"x".repeat(8160)}\n`,
      `local all all            peer # ${"x".repeat(8160)}\n`,
      "1: its words change for PostgreSQL 10.0",
    ],
  ])("%s", (_why, before, after, found) => {
    expect(difference("hba", before, after)).toBe(found);
  });
});
