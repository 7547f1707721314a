import { inspect } from "node:util";
import type { Steps } from "@sallyport/policy";
import { describe, expect, test } from "vitest";
import { AuthFile, parseAuthFile } from "./auth-file.ts";

function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function read(text: string): unknown {
  const parsed = finish(parseAuthFile(text));
  if ("reason" in parsed) return `${parsed.line}: ${parsed.reason}`;
  return Object.fromEntries([...parsed].map(([name, { secret, line }]) => [name, [secret, line]]));
}

describe("auth_file, as PgBouncer reads it", () => {
  test.each([
    ['"app" "SCRAM-SHA-256$4096:c2FsdA==$a:b"\n', { app: ["SCRAM-SHA-256$4096:c2FsdA==$a:b", 1] }],
    ['"app" "x"', { app: ["x", 1] }],
    ['"app"\t "x" "whatever" follows\n"b" "y"', { app: ["x", 1], b: ["y", 2] }],
    ['  "app" "x"  \r\n', { app: ["x", 1] }],
    ['"a""b" "c""""d"', { 'a"b': ['c""d', 1] }],
    ['"" ""', { "": ["", 1] }],
    ['"\u00FF \\" "\\n"', { "\u00FF \\": ["\\n", 1] }],
    ['\n ; "no" "comment"\n;\n\n"app" "x"\n', { app: ["x", 5] }],
    ["", {}],
    ["\n\n", {}],
  ])("%j holds %j", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each([
    ["app x", "1: no name in double quotes"],
    ['# "app" "x"', "1: no name in double quotes"],
    ['\n"app" x', "2: no secret in double quotes behind the name"],
    ['"app"', "1: no secret in double quotes behind the name"],
    ['"app""x"', "1: no secret in double quotes behind the name"],
    ['"app" and "x"', "1: no secret in double quotes behind the name"],
    ['"app" "x', "1: no secret in double quotes behind the name"],
    ['"app" "x""', "1: no secret in double quotes behind the name"],
    ['"a\nb" "x"', "1: no name in double quotes"],
    ['"app', "1: no name in double quotes"],
    ['"app" "x\0"', "1: a byte 0"],
    ['"app" "x"\n"b" "y"\n"app" "z"', "3: the same name as in line 1"],
  ])("%j is not taken: %s", (text, reason) => {
    expect(read(text)).toBe(reason);
  });
});

describe("what was read", () => {
  function fileOf(text: string): AuthFile {
    const parsed = finish(parseAuthFile(text));
    if ("reason" in parsed) throw new Error(parsed.reason);
    return new AuthFile("/gate/users.txt", parsed);
  }

  test("is told of the name that is asked for, and of no other", () => {
    const file = fileOf('"app" "x"\n"b" "y"');
    expect(["app", "b", "App", "ghost"].map((name) => file.secretOf(name))).toEqual(["x", "y", null, null]);
  });

  test("is the same if names and secrets are, wherever they stand", () => {
    const file = fileOf('"app" "x"\n"b" "y"');
    expect(file.equals(fileOf(';\n"b" "y"\n"app" "x"'))).toBe(true);
    for (const other of ['"app" "x"', '"app" "x"\n"b" "z"', '"app" "x"\n"c" "y"']) {
      expect(file.equals(fileOf(other))).toBe(false);
    }
  });

  test("shows no secret of its own accord", () => {
    const file = fileOf('"app" "hunter2"');
    expect(inspect(file, { depth: 9, showHidden: true })).not.toContain("hunter2");
    expect(JSON.stringify(file)).toBe('{"fileName":"/gate/users.txt"}');
  });

  test("takes time in proportion to its length", () => {
    const quotes = `"${'""'.repeat(1_000_000)}" "x"\n`;
    expect(finish(parseAuthFile(quotes))).toHaveProperty("size", 1);
    expect(finish(parseAuthFile(quotes.slice(0, -5)))).toHaveProperty("line", 1);
  });
});
