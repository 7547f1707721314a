import { posix } from "node:path";
import type { Bytes, Dialect, HbaRule, Line, Problem, ServerProfile, Token } from "@sallyport/policy";
import type { PolicyReading } from "@sallyport/policy/node";
import type { Tree } from "@sallyport/testkit";
import { readLines } from "../../../packages/policy/src/text/lines.ts";
import { tokenize } from "../../../packages/policy/src/text/token.ts";
import { createHistogram } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";
import {
  addressForms,
  databaseForms,
  errorTexts,
  fileRules,
  includeRules,
  lineRules,
  methodWords,
  optionWords,
  tokenRules,
  typeWords,
  userForms,
} from "./repertoire/index.ts";
import type { ErrorText, SeenLine, Wanted } from "./repertoire/index.ts";

/** A histogram of all that the two files know: what the comparisons of the views have to bring about. */
export function viewsHistogram(): Histogram {
  return createHistogram({
    error: errorTexts.filter(({ silent }) => silent !== true),
    "error, in the log only": errorTexts.filter(({ silent }) => silent === true),
    "option accepted": optionWords,
    "option refused": optionWords.map(refusedAnywhere),
    method: methodWords,
    type: typeWords,
    database: databaseForms,
    user: userForms,
    address: addressForms,
    file: fileRules,
    line: lineRules,
    token: tokenRules,
    include: includeRules,
  });
}

/** A server refuses an option in its own words whether it was built for it or not. */
function refusedAnywhere({ name, since = 0, until = 99 }: Wanted): Wanted {
  return { name, since, until };
}

/** The part of a view's row that both views have. */
export interface ViewRow {
  readonly error: Bytes | null;
  /** Since 16. */
  readonly file_name?: Bytes;
  readonly line_number: number;
  /** Of `pg_hba_file_rules` only. */
  readonly type?: Bytes | null;
  readonly database?: readonly Bytes[] | null;
  readonly user_name?: readonly Bytes[] | null;
}

/** One tree, what the server said of it, and our reading of the same. */
export interface Seen {
  readonly tree: Tree;
  /** Full path of the file that the view is of. */
  readonly main: Bytes;
  readonly profile: ServerProfile;
  readonly rows: readonly ViewRow[];
  readonly reading: PolicyReading;
  /** The files that were opened, by full path. */
  readonly read: ReadonlyMap<Bytes, unknown>;
}

/** Counts what a tree brought about. Texts are the server's; the reading says which token they are about. */
export function observe({ hit }: Histogram, seen: Seen): void {
  const { profile, rows, reading, tree, main, read } = seen;
  for (const { error, database, user_name: user } of rows) {
    if (error !== null) hit("error", nameOf(error, profile, false));
    if (database?.some(isRegex)) hit("database", "regular expression");
    if (user?.some(isRegex)) hit("user", "regular expression");
  }
  const isHba = reading.hba.fileName === main && reading.hba.entries.length === rows.length;
  if (isHba && "type" in (rows[0] ?? {})) observeRules(hit, seen);
  observeIncludes(hit, seen);
  for (const [name, entry] of tree) {
    if (entry.kind !== "file" || !read.has(posix.join(posix.dirname(main), name))) continue;
    for (const { name: rule, pattern } of fileRules) {
      const times = entry.bytes.match(pattern)?.length ?? 0;
      if (times > 0) hit("file", rule, times);
    }
    for (const line of readLines(name, entry.bytes, profile.dialect)) observeLine(hit, line, profile.dialect);
  }
}

type Hit = Histogram["hit"];

function observeLine(hit: Hit, line: Line, dialect: Dialect): void {
  const { fields } = tokenize(line, dialect);
  const seen: SeenLine = { line, fields, tail: line.text.slice(fields.at(-1)?.at(-1)?.end ?? 0) };
  for (const { name, seen: shows } of lineRules) if (shows(seen)) hit("line", name);
  for (const [column, field] of fields.entries()) {
    for (const token of field) {
      const written = line.text.slice(token.start, token.end);
      for (const { name, seen: shows } of tokenRules) {
        if (shows({ written, token, column })) hit("token", name);
      }
    }
  }
}

/** Both sides have the same rows, so that a rule of ours is one of the server's. */
function observeRules(hit: Hit, { rows, reading: { hba }, profile }: Seen): void {
  const mistakes = new Map<Line, Problem>();
  for (const problem of hba.problems) {
    const [line] = problem.context;
    if (line && problem.severity === "error") mistakes.set(line, problem);
  }
  for (const [at, { rule, line }] of hba.entries.entries()) {
    const problem = mistakes.get(line);
    if (rule) observeRule(hit, rule);
    else if (problem && !problem.text.startsWith("invalid regular expression")) {
      const row = rows[at];
      if (row?.error === null && row.type === null)
        hit("error, in the log only", nameOf(problem.text, profile, true));
      const { span } = problem;
      const [, option] = (span && "text" in span && /^([\w.]+)=/.exec(String(span.text))) || [];
      if (option !== undefined && optionWords.some(({ name }) => name === option))
        hit("option refused", option);
    }
  }
}

function observeRule(hit: Hit, { type, method, columns, address }: HbaRule): void {
  hit("type", type);
  hit("method", method === "peer" && columns.method.text === "ident" ? "ident" : method);
  for (const { text } of columns.options) {
    const [name = ""] = text.split("=");
    hit("option accepted", name.startsWith("validator.") ? "validator.x" : name);
  }
  const databaseWords = new Set(["all", "sameuser", "samerole", "samegroup", "replication"]);
  for (const token of columns.database) {
    if (!isRegex(token.text)) hit("database", nameForm(token, databaseWords));
  }
  for (const token of columns.user) {
    const { text, quoted } = token;
    const late = !quoted && text.startsWith("+") && writtenAs(token).startsWith('+"');
    if (late) hit("user", '+"role"');
    else if (text.startsWith("+")) hit("user", quoted ? '"+role"' : "+role");
    else if (!isRegex(text)) hit("user", nameForm(token, new Set(["all"])));
  }
  if (!address || !columns.address) return;
  const { text, quoted } = columns.address;
  if (address.kind === "hostname") {
    if (["all", "samehost", "samenet"].includes(text) && quoted) hit("address", `"${text}"`);
    else if (text === "") hit("address", "empty host name");
    else if (text.startsWith(".")) hit("address", ".suffix");
    else hit("address", "host name");
    if (/^[0-9.]+$|^[0-9a-f]*:[0-9a-f:]*$/.test(text)) hit("address", "host name that looks like an address");
  } else if (address.kind === "network") {
    const [number = "", prefix] = text.split("/");
    const family = address.ip.length === 4 ? "IPv4" : "IPv6";
    hit("address", prefix === undefined ? `${family} and mask` : `${family}/prefix`);
    if (prefix !== undefined && /^[\s+-]|^0./.test(prefix))
      hit("address", "a prefix with a sign or leading zeros");
    if (family === "IPv6") {
      if (number.includes("%")) hit("address", "IPv6 with a zone");
      if (number.includes(".")) hit("address", "IPv6 with a dotted tail");
    } else {
      if (number.split(".").length < 4) hit("address", "IPv4 of fewer than four parts");
      if (/(?:^|\.)0[0-7]/.test(number)) hit("address", "IPv4 with an octal part");
      if (/(?:^|\.)0x/i.test(number)) hit("address", "IPv4 with a hexadecimal part");
      const parts = columns.mask?.text.split(".").length ?? 4;
      if (parts < 4) hit("address", "a mask of fewer than four parts");
    }
  } else hit("address", address.kind);
}

function nameForm({ text, quoted }: Token, words: ReadonlySet<string>): string {
  if (text === "") return "empty name";
  if (words.has(text)) return quoted ? `"${text}"` : text;
  return "literal";
}

function isRegex(text: Bytes): boolean {
  return text.startsWith("/");
}

function writtenAs({ line, start, end }: Token): Bytes {
  return line.text.slice(start, end);
}

function observeIncludes(hit: Hit, { rows, main, reading }: Seen): void {
  const directory = posix.dirname(main);
  for (const { file_name: file } of rows) {
    if (file === undefined || file === main) continue;
    const name = posix.relative(directory, file);
    hit("include", "lines of an include");
    if (name.startsWith("dir/")) hit("include", "lines of an include_dir");
    if (/^chain\d/.test(name) && name !== "chain1.conf") hit("include", "lines of a nested include");
    if (name === "chain10.conf") hit("include", "lines ten levels down");
  }
  const listed = (line: Line, tokens: readonly Token[]): void => {
    const files = tokens.filter((token) => token.line.file !== line.file);
    if (files.length > 0) hit("include", "a list from @file");
    if (new Set(files.map((token) => token.line.file)).size > 1)
      hit("include", "a list from @file that names another");
    if (files.some(({ quoted }) => quoted)) hit("include", "a quoted word from @file");
  };
  for (const { rule } of reading.hba.entries) {
    if (rule) listed(rule.line, [...rule.columns.database, ...rule.columns.user]);
  }
  const lines = new Set([
    ...reading.hba.entries.map(({ line }) => line),
    ...(reading.ident?.entries.map(({ line }) => line) ?? []),
  ]);
  for (const { text } of lines) {
    if (/(?:^|[ \t])@(?:none|dir\/none)(?:[ \t]|$)/.test(text))
      hit("include", "a column that vanishes: an empty @file");
  }
}

const patterns = errorTexts.map((text) => ({ text, pattern: patternOf(text.name) }));

function patternOf(name: string): RegExp {
  const literal = name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll("%", String.raw`[\s\S]*`)}$`);
}

/** The table's name of a text; the text itself if it has none, which the histogram then calls unknown. */
function nameOf(text: Bytes, { version }: ServerProfile, silent: boolean): string {
  const fits = ({ since = 0, until = 99, silent: only }: ErrorText): boolean =>
    version.major >= since && version.major <= until && (only === true) === silent;
  const found = patterns.find(({ text: one, pattern }) => fits(one) && pattern.test(text));
  return found?.text.name ?? text;
}
