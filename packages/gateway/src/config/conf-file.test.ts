import { utf8Bytes } from "@sallyport/policy";
import { describe, expect, it } from "vitest";
import { parseConfFile } from "./conf-file.ts";
import { problemDiagnostic } from "./diagnostic.ts";

function values(text: string): string[] {
  return parseConfFile("/gate/f.conf", text).settings.map(({ name, value }) => `${name}: ${value}`);
}

function messages(text: string): string[] {
  return parseConfFile("/gate/f.conf", text).problems.map((problem) => problem.text);
}

/** All rows were compared with pg_file_settings of PostgreSQL 18.4. */
describe("a setting", () => {
  it.each([
    ["port = 5433", "port: 5433"],
    ["port 5433", "port: 5433"],
    ["PORT=5434", "PORT: 5434"],
    ["  \tname   x\t", "name: x"],
    ["name'x'", "name: x"],
    ["name = x # comment", "name: x"],
    ["name=x#comment", "name: x"],
    ["name = x\r", "name: x"],
    ["a.b = c", "a.b: c"],
    ["a.b 12kb", "a.b: 12kb"],
    ["name = a-b.c:/d_e", "name: a-b.c:/d_e"],
    ["name = a.b-c", "name: a.b-c"],
    ["n = .5", "n: .5"],
    ["n = 0x10kB", "n: 0x10kB"],
    ["n = 0x", "n: 0x"],
    ["n = -1", "n: -1"],
    ["n = +5000", "n: +5000"],
    ["n = 1000.e2", "n: 1000.e2"],
    ["n = .5e-3", "n: .5e-3"],
    ["n = .", "n: ."],
    ["name = ''", "name: "],
    ["name = 'it''s'", "name: it's"],
    ["name = 'a\\tb\\101\\q\\'z'", "name: a\tbAq'z"],
    ["name = '\\b\\f\\n\\r'", "name: \b\f\n\r"],
    ["name = '\\777'", "name: \u00ff"],
    ["name = 'x\\000y'", "name: x"],
    [utf8Bytes("name = é"), utf8Bytes("name: é")],
    ["# only a comment", undefined],
    ["", undefined],
  ])("%j", (line, expected) => {
    expect(messages(line)).toEqual([]);
    expect(values(line)).toEqual(expected === undefined ? [] : [expected]);
  });

  it("keeps the places of its name and its value", () => {
    const [setting] = parseConfFile("/gate/f.conf", "\n  port = '6432' # x").settings;
    expect(setting?.nameSpan).toMatchObject({ start: 2, end: 6, line: { file: "/gate/f.conf", number: 2 } });
    expect(setting?.valueSpan).toMatchObject({ start: 9, end: 15 });
  });
});

describe("a syntax error", () => {
  it.each([
    ["name", "near end of line"],
    ["name =", "near end of line"],
    ["= 3", 'near token "="'],
    ["name = = 3", 'near token "="'],
    ["4", 'near token "4"'],
    ["n = 1.5MB", 'near token "MB"'],
    ["n = 4 MB", 'near token "MB"'],
    ["n = 1e3", 'near token "3"'],
    ["n = 10_000", 'near token "_000"'],
    ["n = 64kB64", 'near token "64"'],
    ["n = 5000;", 'near token ";"'],
    ["a.b.c = d", 'near token "a.b.c"'],
    ["a-b = c", 'near token "a-b"'],
    ["a.1 = 2", 'near token "a.1"'],
    ["1a = 2", 'near token "1a"'],
    ["name = a.b", 'near token "a.b"'],
    ["name = a,b", 'near token ","'],
    ["name = /abs", 'near token "/"'],
    ["name = -x", 'near token "-"'],
    ['name = "x"', 'near token """'],
    ["name = 'open", `near token "'"`],
    ["name = 'a\\'", `near token "'"`],
    ["name = 'a'b", 'near token "b"'],
    ["name = 'a' 'b'", `near token "'b'"`],
    ["name = on off", 'near token "off"'],
    ["name = x\f", 'near token "\f"'],
    ["name = x\0", 'near token "\0"'],
    ["name = 'a\0b'", `near token "'"`],
  ])("%j", (line, where) => {
    expect(values(line)).toEqual([]);
    expect(messages(line)).toEqual([`syntax error in file "/gate/f.conf" line 1, ${where}`]);
  });

  it("does not hide the settings and errors around it", () => {
    const text = "a 1\nb\nc 3\nd = = \ne 5";
    expect(values(text)).toEqual(["a: 1", "c: 3", "e: 5"]);
    expect(messages(text)).toEqual([
      'syntax error in file "/gate/f.conf" line 2, near end of line',
      'syntax error in file "/gate/f.conf" line 4, near token "="',
    ]);
  });

  it("ends the reading after a hundred of them", () => {
    const found = messages("?\n".repeat(200));
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toBe('too many syntax errors found, abandoning file "/gate/f.conf"');
  });

  it("is shown with a caret", () => {
    const [problem] = parseConfFile("/gate/f.conf", "log_line_prefix = %m").problems;
    expect(problem && problemDiagnostic(problem)).toMatchObject({
      hint: "A value that is more than one word or number must be written in single quotes.",
      place: { fileName: "/gate/f.conf", lineNumber: 1, column: 19, endColumn: 20 },
      excerpt: ["log_line_prefix = %m", "                  ^"],
    });
  });

  it.each(["upstream = 'host=h password=hunter2", "upstream 'host=h' hunter2 passwd", "password=hunter2'"])(
    "shows no password: %s",
    (line) => {
      const shown = parseConfFile("/gate/f.conf", line).problems.map(problemDiagnostic);
      expect(shown).toHaveLength(1);
      expect(JSON.stringify(shown)).not.toContain("hunter2");
    },
  );
});
