import { describe, expect, test } from "vitest";
import { utf8Bytes } from "@sallyport/policy";
import { diagnosticText } from "./diagnostics.ts";
import type { Shown } from "./diagnostics.ts";

const shown: Shown = {
  severity: "error",
  message: 'invalid authentication method "scärm"',
  detail: null,
  hint: "Perhaps it is scram-sha-256.",
  place: { fileName: utf8Bytes("/srv/gäte/pg_hba.conf"), lineNumber: 31, column: 15, endColumn: 20 },
  excerpt: ["host  all  all  scärm", "                ^^^^^"],
};

describe("diagnosticText", () => {
  test("shows where, what, the line with a caret, and what to do", () => {
    expect(diagnosticText(shown)).toBe(
      '/srv/gäte/pg_hba.conf:31:15: error: invalid authentication method "scärm"\n' +
        "    host  all  all  scärm\n" +
        "                    ^^^^^\n" +
        "HINT:  Perhaps it is scram-sha-256.",
    );
  });

  test("shows the bytes of a file's name as the text that they are, and moves no cursor for them", () => {
    const fileName = `${utf8Bytes("/ünï/")}\u001b[2J\xff`;
    expect(diagnosticText({ ...shown, place: shown.place && { ...shown.place, fileName } })).toMatch(
      /^\/ünï\/\\u001b\[2J\ufffd:31:15: error: /,
    );
  });

  test("moves no cursor for what stands in the line, and keeps the caret in its place", () => {
    const excerpt = ["host \u001b[2J \u202eall\tscärm", "             \t^^^^^"] as const;
    expect(
      diagnosticText({ ...shown, message: 'invalid "\u001b[2J"', excerpt, place: null, hint: null }),
    ).toBe('error: invalid "\\u001b[2J"\n    host \ufffd[2J \ufffdall\tscärm\n                 \t^^^^^');
  });

  test("is a line where there is no place to show", () => {
    expect(diagnosticText({ ...shown, place: null, excerpt: null, hint: null })).toBe(
      'error: invalid authentication method "scärm"',
    );
  });
});
