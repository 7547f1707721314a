import type { Bytes, Line, Problem, Span } from "@sallyport/policy";
import { lexLine, unquote } from "./conf-lexer.ts";
import type { ConfToken } from "./conf-lexer.ts";
import { mayHoldSecret } from "./secrets.ts";

/** One `name = value` of a configuration file, as written: includes are settings to this parser. */
export interface ConfSetting {
  /** In the case in which it was written; names are compared without regard to case. */
  readonly name: Bytes;
  readonly nameSpan: Span;
  /** Without quotes and escapes. */
  readonly value: Bytes;
  readonly valueSpan: Span;
}

export interface ConfFile {
  readonly settings: readonly ConfSetting[];
  readonly problems: readonly Problem[];
}

/** A file that is no configuration file at all should not fill the log. */
const mostSyntaxErrors = 100;

const valueKinds: ReadonlySet<ConfToken["kind"]> = new Set([
  "identifier",
  "string",
  "integer",
  "real",
  "unquoted",
]);

/** Reads the text of one configuration file (manual, 19.1.2). Never fails: what is wrong stands in `problems`. */
export function parseConfFile(file: Bytes, bytes: Bytes): ConfFile {
  const settings: ConfSetting[] = [];
  const problems: Problem[] = [];
  let number = 0;
  for (const physical of bytes.split("\n")) {
    number += 1;
    const line: Line = { file, number, text: physical.replace(/\r+$/, ""), joins: [] };
    const parsed = parseConfLine(line);
    if (parsed === null) continue;
    if (!("severity" in parsed)) {
      settings.push(parsed);
      continue;
    }
    problems.push(parsed);
    if (problems.length < mostSyntaxErrors) continue;
    problems.push(syntaxError(line, null, `too many syntax errors found, abandoning file "${file}"`));
    break;
  }
  return { settings, problems };
}

/** Null: nothing stands on the line. */
function parseConfLine(line: Line): ConfSetting | Problem | null {
  const tokens = lexLine(line);
  const [name] = tokens;
  if (!name) return null;
  if (name.kind !== "identifier" && name.kind !== "qualified") return unexpected(line, name);
  const valueAt = tokens[1]?.kind === "equals" ? 2 : 1;
  const value = tokens[valueAt];
  if (!value || !valueKinds.has(value.kind)) return unexpected(line, value);
  const excess = tokens[valueAt + 1];
  if (excess) return unexpected(line, excess);
  return {
    name: name.text,
    nameSpan: name,
    value: value.kind === "string" ? unquote(value.text) : value.text,
    valueSpan: value,
  };
}

/**
 * The server's words. At the end of a file without a last newline it counts one line too few; we name the line
 * on which the error stands.
 */
function unexpected(line: Line, token: ConfToken | undefined): Problem {
  const where = `syntax error in file "${line.file}" line ${line.number}, near`;
  if (!token) {
    const end = line.text.trimEnd().length;
    return syntaxError(line, { line, start: end, end }, `${where} end of line`);
  }
  const shown = token.text.length > 1 && mayHoldSecret(line.text) ? "***" : token.text;
  const problem = syntaxError(line, token, `${where} token "${shown}"`);
  return token.kind === "string" || token.kind === "equals"
    ? problem
    : { ...problem, hint: quotingHint(token) };
}

function quotingHint(token: ConfToken): string {
  return token.text === "'" && !token.line.text.slice(token.end).includes("'")
    ? "A quoted value ends on the line on which it begins."
    : "A value that is more than one word or number must be written in single quotes.";
}

function syntaxError(line: Line, span: Span | null, text: Bytes): Problem {
  return { severity: "error", text, sqlstate: "42601", span, context: [line] };
}
