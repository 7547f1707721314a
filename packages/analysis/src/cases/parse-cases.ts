import { placeOf, utf8Text } from "@sallyport/policy";
import type { Bytes, Line, Problem, Span } from "@sallyport/policy";
import type { Case } from "./case.ts";
import { isMistake, mistake, problemOf } from "./mistake.ts";
import type { CaseMistake } from "./mistake.ts";
import { readAttempt } from "./read-attempt.ts";
import { readExpectation } from "./read-expectation.ts";
import { readJson } from "./read-json.ts";
import { isArrow, wordsOf } from "./words.ts";

/** What stands in a file of cases. */
export interface CaseFile {
  readonly cases: readonly Case[];
  /** One for each line that cannot be read. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a file of cases, a case a line; a line that begins with `{` is JSON. Never fails: what is wrong stands in the result.
 *
 * @param file its name, for places
 */
export function parseCases(file: Bytes, contents: Bytes): CaseFile {
  const cases: Case[] = [];
  const problems: Problem[] = [];
  const lines = contents.replace(byteOrderMark, "").split("\n");
  for (const [at, text] of lines.entries()) {
    const one = readLine({ file, number: at + 1, text: text.replace(/\r$/, ""), joins: [] });
    if (one === null) continue;
    if (isMistake(one)) problems.push(problemOf(one));
    else cases.push(one);
  }
  return { cases, problems };
}

const byteOrderMark = /^\xef\xbb\xbf/;

/** Null: there is nothing but blanks and a comment. */
function readLine(line: Line): Case | CaseMistake | null {
  if (/^[ \t]*\{/.test(line.text)) return readJsonLine(line);
  const cut = wordsOf(line);
  if ("unclosed" in cut) return mistake(cut.unclosed, "this quote is not closed");
  const { words } = cut;
  const [first, last] = [words.at(0), words.at(-1)];
  if (!first || !last) return null;
  const whole: Span = { line, start: first.start, end: last.end };
  const at = words.findIndex(isArrow);
  if (at < 0) {
    const hint = "Write ATTEMPT => EXPECTATION, with blanks around the arrow.";
    return mistake({ ...whole, start: last.end }, 'a "=>" is missing', hint);
  }
  const [left, right] = [words.slice(0, at), words.slice(at + 1)];
  const described = readAttempt(left, left.length > 0 ? { ...whole, end: left.at(-1)?.end ?? 0 } : first);
  if (isMistake(described)) return described;
  const expected = readExpectation(right, words[at] ?? whole);
  if (isMistake(expected)) return expected;
  return {
    ...described,
    expect: expected.expect,
    place: placeOf(whole),
    marks: { whole, ...expected.marks },
  };
}

function readJsonLine(line: Line): Case | CaseMistake {
  const start = line.text.indexOf("{");
  const whole: Span = { line, start, end: line.text.lastIndexOf("}") + 1 || line.text.length };
  const read = readJson(utf8Text(line.text));
  if ("text" in read) return mistake(whole, read.text, read.hint);
  const { described, expect } = read;
  const options = expect.options.map(() => whole);
  const marks = { whole, outcome: whole, options, by: expect.by && whole };
  return { ...described, expect, place: placeOf(whole), marks };
}
