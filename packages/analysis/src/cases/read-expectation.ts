import { methods } from "@sallyport/policy";
import type { Bytes, Method, Outcome, Span } from "@sallyport/policy";
import type { AskedOption, Expectation, LineName, Marks } from "./case.ts";
import { isMistake, mistake } from "./mistake.ts";
import type { CaseMistake } from "./mistake.ts";
import { askableOptions } from "./options.ts";
import type { Word } from "./words.ts";

interface Expected {
  readonly expect: Expectation;
  readonly marks: Omit<Marks, "whole">;
}

const outcomes: readonly Outcome[] = ["authenticate", "reject", "no_entry", "refused", "unknown"];

/** What the outcomes are called, for hints. */
const expected = `a method such as scram-sha-256, or ${outcomes.join(", ")}`;

/** Reads the right side of a case: an outcome, options of the rule, and by which line. */
export function readExpectation(words: readonly Word[], where: Span): Expected | CaseMistake {
  const [first, ...rest] = words;
  if (!first) return mistake(where, "it is not said what is expected", `Write ${expected}.`);
  const verdict = verdictOf(first.text);
  if (!verdict) return mistake(first, `"${first.text}" is no outcome`, `Write ${expected}.`);
  const options: AskedOption[] = [];
  const marks: Word[] = [];
  let by: { readonly line: LineName; readonly span: Span } | null = null;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at];
    if (!word) break;
    const wrong = misplaced(word, verdict.outcome, by !== null);
    if (wrong) return wrong;
    if (word.text === "by") {
      const line = lineNameIn(rest[at + 1], word);
      if (isMistake(line)) return line;
      by = { line, span: rest[at + 1] ?? word };
      at += 1;
      continue;
    }
    const option = optionIn(word, options);
    if (isMistake(option)) return option;
    options.push(option);
    marks.push(word);
  }
  return {
    expect: { ...verdict, options, by: by && by.line },
    marks: { outcome: first, options: marks, by: by && by.span },
  };
}

/** What a word on the right side stands for; null: for nothing. */
function verdictOf(word: Bytes): Pick<Expectation, "outcome" | "method"> | null {
  const outcome = outcomes.find((known) => known === word);
  if (outcome) return { outcome, method: null };
  const method = methodNamed(word);
  return method && { outcome: "authenticate", method };
}

export function outcomeNamed(word: Bytes): Outcome | null {
  return outcomes.find((known) => known === word) ?? null;
}

/** Of the methods that let somebody in; `reject` is an outcome here. */
export function methodNamed(word: Bytes): Method | null {
  return (Object.keys(methods) as Method[]).find((known) => known === word && known !== "reject") ?? null;
}

/** Does a line decide, so that it can be asked for? */
export function hasLine(outcome: Outcome): boolean {
  return outcome !== "no_entry" && outcome !== "unknown";
}

function misplaced(word: Word, outcome: Outcome, afterBy: boolean): CaseMistake | null {
  if (afterBy) return mistake(word, `"${word.text}" stands behind the line`, "The line comes last.");
  if (hasLine(outcome)) return null;
  return mistake(word, `"${word.text}" asks about a line, and with "${outcome}" none decides`);
}

function lineNameIn(word: Word | undefined, by: Word): LineName | CaseMistake {
  const hint = "Write by FILE:LINE, such as by pg_hba.conf:12.";
  if (!word) return mistake(by, `it is not said by which line`, hint);
  const [, file = "", number = ""] = /^(.+):([1-9][0-9]{0,8})$/s.exec(word.text) ?? [];
  return file === ""
    ? mistake(word, `"${word.text}" is no line of a file`, hint)
    : { file, line: Number(number) };
}

function optionIn({ name, value, ...word }: Word, before: readonly AskedOption[]): AskedOption | CaseMistake {
  if (value === null) {
    const hint = "Behind the outcome come options of the rule (NAME=VALUE), then by FILE:LINE.";
    return mistake(word, `"${word.text}" is not expected here`, hint);
  }
  const wrong = wrongOption(name);
  if (wrong) return mistake(word, wrong.text, wrong.hint);
  if (before.some((other) => other.name === name)) return mistake(word, `"${name}" is given twice`);
  return { name, value };
}

/** Why an option cannot be asked for; null: it can. */
export function wrongOption(name: Bytes): { readonly text: Bytes; readonly hint: Bytes } | null {
  if (askableOptions.includes(name)) return null;
  if (name === "ldapbindpasswd" || name === "radiussecrets") {
    return { text: `"${name}" is a secret`, hint: "A secret does not belong into a file of cases." };
  }
  return {
    text: `"${name}" is no option that can be asked for`,
    hint: `Known are ${askableOptions.join(", ")}.`,
  };
}
