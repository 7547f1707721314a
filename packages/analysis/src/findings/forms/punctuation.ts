import { inPassing } from "@sallyport/policy";
import type { HbaRule, Line, Mapping, Token } from "@sallyport/policy";
import type { FindingSource, MappingFinder, RuleFinder, Say } from "../source.ts";
import { isBlank, structureOf } from "../text/structure.ts";
import type { LineStructure } from "../text/structure.ts";

/** Commas, quotes and number signs that do something else than they seem to. */
export const findPunctuation: RuleFinder = ({ line, columns }: HbaRule, say) => {
  punctuation(line, columns.options.at(-1) ?? null, say);
};

export const findMappingPunctuation: MappingFinder = ({ line, databaseUser }: Mapping, say) => {
  punctuation(line, databaseUser.token, say);
  extraColumns(line, databaseUser.token, say);
};

/** The same on lines that are no rules: there it is often the reason. */
export const findBrokenPunctuation: FindingSource = ({ hba, ident }, say) => {
  if (!hba.loads) {
    for (const { line, rule, error } of inPassing(hba.entries)) {
      if (rule || error === null) continue;
      const structure = structureOf(line.text);
      quotesAndStrayCommas(line, structure, say);
      joiningCommas(line, structure, error, say);
      wordWithHash(line, structure, null, say);
    }
  }
  for (const { line, mapping } of ident?.entries ?? []) {
    if (mapping) continue;
    const structure = structureOf(line.text);
    quotesAndStrayCommas(line, structure, say);
    wordWithHash(line, structure, null, say);
  }
};

/** @param last the last word, if a comment right behind it has probably cut it short; null: it has not */
function punctuation(line: Line, last: Token | null, say: Say): void {
  if (!/[",#]/.test(line.text)) return;
  const structure = structureOf(line.text);
  quotesAndStrayCommas(line, structure, say);
  if (last?.line === line && last.end === structure.comment) wordWithHash(line, structure, last, say);
}

function quotesAndStrayCommas(line: Line, { openQuote, commas }: LineStructure, say: Say): void {
  for (const at of commas) {
    let before = at - 1;
    while (isBlank(line.text[before])) before -= 1;
    const isDouble = before < 0 || line.text[before] === ",";
    if (!isDouble && before === at - 1) continue;
    const message = isDouble
      ? "this comma joins nothing"
      : "a comma behind a blank joins nothing: what follows it is a column of its own";
    say("stray-comma", { line, start: at, end: at + 1 }, message, {
      hint: "Lists are written a,b.",
      fix: "",
    });
  }
  if (openQuote === null) return;
  const span = { line, start: openQuote, end: line.text.length };
  say("quote-open", span, "this quote is never closed: all the rest of the line is one word");
}

/** Of a line that has too few columns. */
function joiningCommas(line: Line, { commas, comment }: LineStructure, error: string, say: Say): void {
  if (!/^(?:end-of-line before|multiple values|invalid IP mask|invalid authentication method)/.test(error))
    return;
  for (const at of commas) {
    if (isBlank(line.text[at - 1]) || !isBlank(line.text[at + 1])) continue;
    let behind = at + 1;
    while (isBlank(line.text[behind])) behind += 1;
    if (behind >= comment) continue;
    const message = "this comma joins the word behind the blank to its own column";
    say("stray-comma", { line, start: at, end: at + 1 }, message);
  }
}

function wordWithHash(line: Line, { comment }: LineStructure, last: Token | null, say: Say): void {
  const before = line.text[comment - 1];
  const behind = line.text[comment + 1];
  if (comment >= line.text.length || before === undefined || isBlank(before)) return;
  // A blank behind it: a comment, written close to a word that is whole.
  if (behind === undefined || isBlank(behind)) return;
  const word = last ? "the word" : "the word and the line";
  const span = { line, start: comment, end: comment + 1 };
  say("hash-in-word", span, `this begins a comment, and ends ${word}`, {
    hint: 'If it belongs to the word, put the word into double quotes (").',
  });
}

function extraColumns(line: Line, third: Token, say: Say): void {
  if (third.line !== line) return;
  const { comment } = structureOf(line.text);
  const rest = line.text.slice(third.end, comment);
  const words = /[^ \t\r,](?:.*[^ \t\r,])?/s.exec(rest);
  if (!words) return;
  const start = third.end + words.index;
  const span = { line, start, end: start + words[0].length };
  say("extra-columns", span, "PostgreSQL ignores what follows the third column", { fix: "" });
}
