import type { Bytes, Line, Token } from "@sallyport/policy";
import type { Wanted } from "./wanted.ts";

/** A rule of cutting a file into lines and tokens, and how to see in the bytes that they are a case of it. */
interface Rule<Seen> extends Wanted {
  readonly seen: (what: Seen) => boolean;
}

/** Rules that show in the bytes of a whole file: each place where one shows is a case. */
export const fileRules: readonly (Wanted & { readonly pattern: RegExp })[] = [
  { name: "line ends in LF", pattern: /[^\r]\n/g },
  { name: "line ends in CR LF", pattern: /[^\r]\r\n/g },
  { name: "line ends in several CR", pattern: /\r\r\n/g },
  { name: "last line without LF", pattern: /(?<=[^\n])$/g },
  { name: "empty file", pattern: /^$/g },
  { name: "byte order mark", pattern: /^\xef\xbb\xbf/g },
  { name: "NUL in a line", pattern: /\0[^\0\n]*\n/g },
  { name: "NUL right before the end of a line", pattern: /\0\r?\n/g },
  { name: "NUL behind a backslash", pattern: /\\\0/g },
  { name: "NUL in a comment", pattern: /#[^#"\n\0]*\0/g },
  { name: "NUL behind a kilobyte", pattern: /(?<=[^\0\n]{1024})\0/g },
  { name: "line of more than a kilobyte", pattern: /(?<![^\n])[^\n]{1024,}/g },
  { name: "line of more than 8190 bytes", pattern: /(?<![^\n])[^\n]{8191,}/g },
  { name: "line of more than 20478 bytes", pattern: /(?<![^\n])[^\n]{20479,}/g },
  ...since14(
    { name: "continuation", pattern: /[^\\\n]\\\n/g },
    { name: "continuation before CR LF", pattern: /\\\r\r*\n/g },
    { name: "continuation of one line by several", pattern: /\\\n(?:[^\n]*[^\\\n])?\\\n/g },
    { name: "continuation by a lone backslash", pattern: /\\\n\\\n/g },
    { name: "continuation behind a second backslash", pattern: /\\\\\n/g },
    { name: "continuation in a comment", pattern: /#[^#"\n\\]*\\\n/g },
    { name: "continuation at the end of the file", pattern: /\\\n?$/g },
    { name: "no continuation: a blank behind the backslash", pattern: /\\[ \t]+\n/g },
  ),
];

function since14<T extends object>(...rules: readonly T[]): (T & { readonly since: 14 })[] {
  return rules.map((rule) => Object.assign({ since: 14 } as const, rule));
}

/** A logical line with the tokens that stand in it, before `@file` is carried out. */
export interface SeenLine {
  readonly line: Line;
  readonly fields: readonly (readonly Token[])[];
  /** What stands behind the last token. */
  readonly tail: Bytes;
}

export const lineRules: readonly Rule<SeenLine>[] = [
  { name: "nothing but a comment", seen: ({ fields, tail }) => fields.length === 0 && tail.includes("#") },
  { name: "nothing but blanks", seen: ({ line }) => /^[ \t\r]+$/.test(line.text) },
  { name: "comment behind a blank", seen: ({ tail }) => /^[ \t\r,]+#/.test(tail) },
  {
    name: "comment right behind a token",
    seen: ({ fields, tail }) => fields.length > 0 && tail.startsWith("#"),
  },
  { name: "quote in a comment", seen: ({ tail }) => /#.*"/s.test(tail) },
  { name: "blank: tab", seen: between(/\t/) },
  { name: "blank: CR", seen: between(/\r/) },
  { name: "comma before the first column", seen: ({ line }) => /^[ \t\r]*,/.test(line.text) },
  {
    name: "comma at the end of the line",
    seen: ({ fields, tail }) => fields.length > 0 && tail.startsWith(","),
  },
  { name: "list: a,b", seen: between(/^,$/) },
  { name: "list: a, b", seen: between(/^,[ \t]+$/) },
  { name: "no list: a , b", seen: between(/^[ \t]+,[ \t]+$/) },
  { name: "list: a,,b", seen: between(/,,/) },
  { name: "continuation within a column", seen: joinsWithin(/^[^"]*$/) },
  { name: "continuation within quotes", seen: joinsWithin(/^[^"]*"[^"]*$/) },
  {
    name: "continuation between columns",
    seen: ({ line, fields }) =>
      line.joins.some(
        (join) => fields.length > 1 && !fields.flat().some(({ start, end }) => start < join && join < end),
      ),
  },
  ...include("include"),
  ...include("include_if_exists"),
  ...include("include_dir"),
];

function include(word: string): Rule<SeenLine>[] {
  const begins = ({ fields }: SeenLine): boolean => fields[0]?.[0]?.text === word;
  return [
    { name: word, since: 16, seen: (line) => begins(line) && line.fields.length === 2 },
    { name: `${word} alone`, seen: (line) => begins(line) && line.fields.length === 1 },
    { name: `${word} of more than one column`, seen: (line) => begins(line) && line.fields.length > 2 },
    {
      name: `"${word}"`,
      since: 16,
      seen: (line) => begins(line) && line.fields.length === 2 && line.fields[0]?.[0]?.quoted === true,
    },
    {
      name: `${word} with a list`,
      since: 16,
      seen: (line) => begins(line) && line.fields.length === 2 && line.fields.flat().length > 2,
    },
  ];
}

/** Two tokens with something of that form between them. */
function between(form: RegExp): (seen: SeenLine) => boolean {
  return ({ line, fields }) => {
    const tokens = fields.flat();
    return tokens.some(({ end }, at) => {
      const next = tokens[at + 1];
      return next !== undefined && form.test(line.text.slice(end, next.start));
    });
  };
}

/** A token that goes on in the next physical line, and what of it stands before that. */
function joinsWithin(form: RegExp): (seen: SeenLine) => boolean {
  return ({ line, fields }) =>
    fields
      .flat()
      .some(({ start, end }) =>
        line.joins.some((join) => start < join && join < end && form.test(line.text.slice(start, join))),
      );
}

/** A token, as it is written and as it is read. */
export interface SeenToken {
  readonly written: Bytes;
  readonly token: Token;
  /** The column that it begins in, from 0. */
  readonly column: number;
}

export const tokenRules: readonly Rule<SeenToken>[] = [
  { name: "quotes around a token", seen: ({ written }) => /^"[^"]+"$/.test(written) },
  { name: "quotes around a blank", seen: quoting(/[ \t]/) },
  { name: "quotes around a comma", seen: quoting(/,/) },
  { name: "quotes around #", seen: quoting(/#/) },
  { name: "quotes around @file", seen: ({ written }) => /^"@./.test(written) },
  {
    name: "a doubled quote",
    seen: ({ written, token }) => written.includes('""') && token.text.includes('"'),
  },
  { name: 'nothing but a doubled quote: """"', seen: ({ written }) => written === '""""' },
  { name: 'an empty token: ""', seen: ({ written }) => written === '""' },
  { name: "an unterminated quote", seen: ({ written }) => written.split('"').length % 2 === 0 },
  { name: 'concatenation: x"y"', seen: ({ written }) => /^[^"]+"[^"]+"$/.test(written) },
  { name: 'concatenation: "x"y', seen: ({ written }) => /^"[^"]+"[^"]+$/.test(written) },
  { name: 'concatenation: x"y"z', seen: ({ written }) => /^[^"]+"[^"]+"[^"]+$/.test(written) },
  {
    name: 'a keyword that is quoted late: al"l"',
    seen: ({ written, token }) => keyword(token) && /^[^"]+"/.test(written),
  },
  { name: 'a word behind empty quotes: ""all', seen: ({ written }) => /^""[^"]/.test(written) },
  {
    name: "a keyword in capitals",
    seen: ({ token }) => keywords.has(token.text.toLowerCase()) && !keywords.has(token.text),
  },
  { name: "@ alone", seen: ({ written }) => written === "@" },
  { name: "+ alone", seen: ({ written }) => written === "+" },
  { name: '@"file"', seen: ({ written }) => written.startsWith('@"') },
  ...["first", "second", "third", "fourth", "fifth"].map((name, at) => ({
    name: `@file in the ${name} column`,
    seen: ({ token, column }: SeenToken) => column === at && namesFile(token),
  })),
  { name: "@file as an option", seen: ({ token, column }) => column > 4 && namesFile(token) },
  {
    name: "@file with an absolute name",
    seen: ({ token }) => namesFile(token) && token.text.startsWith("@/"),
  },
  { name: "@file with .. in its name", seen: ({ token }) => namesFile(token) && token.text.includes("..") },
  { name: "regular expression, bare", seen: ({ written }) => written.startsWith("/") },
  {
    name: "regular expression, quoted",
    seen: ({ written, token }) => written.startsWith('"') && token.text.startsWith("/"),
  },
  { name: "regular expression with a quoted comma", seen: ({ token }) => /^\/.*,/s.test(token.text) },
  { name: "regular expression of nothing", seen: ({ token }) => token.text === "/" },
  { name: "a backslash", seen: ({ token }) => token.text.includes("\\") },
  { name: "a vertical tab", seen: ({ token }) => token.text.includes("\v") },
  { name: "a form feed", seen: ({ token }) => token.text.includes("\f") },
  { name: "a no-break space", seen: ({ token }) => token.text.includes("\u00a0") },
  { name: "a byte above 0x7f", seen: ({ token }) => /[\x80-\xff]/.test(token.text) },
  { name: "a token of more than 63 bytes", seen: ({ token }) => token.text.length > 63 },
  { name: "a token of more than 255 bytes", seen: ({ token }) => token.text.length > 255 },
  // Before 16 it is an error, and counted as one.
  { name: "a token of more than 10239 bytes", since: 16, seen: ({ token }) => token.text.length > 10_239 },
];

const keywords = new Set(
  "all sameuser samerole samegroup replication samehost samenet local host hostssl hostnossl hostgssenc hostnogssenc trust reject include include_dir".split(
    " ",
  ),
);

function keyword(token: Token): boolean {
  return keywords.has(token.text);
}

function namesFile({ text, quoted }: Token): boolean {
  return !quoted && text.length > 1 && text.startsWith("@");
}

/** A token with something between its quotes that would mean more without them. */
function quoting(what: RegExp): (seen: SeenToken) => boolean {
  return ({ written }) => what.test(/"([^"]*)"/.exec(written)?.[1] ?? "");
}

/** Rules of what `@file` and the directives find: files by their path in the tree, as the tree has them. */
export const includeRules: readonly Wanted[] = [
  { name: "lines of an include", since: 16 },
  { name: "lines of a nested include", since: 16 },
  { name: "lines ten levels down", since: 16 },
  { name: "lines of an include_dir", since: 16 },
  { name: "a list from @file" },
  { name: "a list from @file that names another" },
  { name: "a column that vanishes: an empty @file" },
  { name: "a quoted word from @file" },
];
