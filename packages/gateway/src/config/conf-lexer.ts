import type { Bytes, Line, Span } from "@sallyport/policy";

/** What one token of a configuration file is; `error` is a character that begins none. */
type ConfTokenKind =
  | "identifier"
  | "qualified"
  | "string"
  | "unquoted"
  | "integer"
  | "real"
  | "equals"
  | "error";

/** A token as written: a string still has its quotes and escapes. */
export interface ConfToken extends Span {
  readonly kind: ConfTokenKind;
  readonly text: Bytes;
}

/** Bytes above ASCII are letters, whatever they are in the encoding of the file. */
const letter = "[A-Za-z_\\x80-\\xff]";
const letterOrDigit = "[A-Za-z_0-9\\x80-\\xff]";
const identifier = `${letter}${letterOrDigit}*`;

/**
 * The longest match is the token; of equally long ones the first kind. No token crosses a line.
 *
 *     unix_socket_directories = '/run/a, /run/b'   # comment
 *     ^^^^^^^^^^^^^^^^^^^^^^^ ^ ^^^^^^^^^^^^^^^^
 *     identifier              = string
 *
 * A server takes a NUL byte inside quotes and then loses what stands around it: here it makes a syntax error.
 */
const kinds: readonly (readonly [ConfTokenKind, RegExp])[] = [
  ["identifier", new RegExp(identifier, "y")],
  ["qualified", new RegExp(`${identifier}\\.${identifier}`, "y")],
  ["string", /'(?:[^'\\\n\0]|\\[^\n\0]|'')*'/y],
  ["unquoted", new RegExp(`${letter}(?:${letterOrDigit}|[-._:/])*`, "y")],
  ["integer", /[-+]?(?:0x[0-9a-fA-F]+|[0-9]+)[a-zA-Z]*/y],
  ["real", /[-+]?[0-9]*\.[0-9]*(?:[Ee][-+]?[0-9]+)?/y],
  ["equals", /=/y],
  ["error", /[^]/y],
];

/** Cuts a line of `postgresql.conf` syntax into tokens (manual, 19.1.2); blanks and comments are left out. */
export function lexLine(line: Line): ConfToken[] {
  const tokens: ConfToken[] = [];
  for (let at = 0; at < line.text.length;) {
    const character = line.text.charAt(at);
    if (character === "#") break;
    if (character === " " || character === "\t" || character === "\r") {
      at += 1;
      continue;
    }
    const token = longestToken(line, at);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function longestToken(line: Line, start: number): ConfToken {
  let best: ConfToken = { kind: "error", line, start, end: start, text: "" };
  for (const [kind, pattern] of kinds) {
    pattern.lastIndex = start;
    const text = pattern.exec(line.text)?.[0] ?? "";
    if (text.length > best.text.length) best = { kind, line, start, end: start + text.length, text };
  }
  return best;
}

const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The value of a quoted string: `''` is a quote, a backslash escapes; it ends at `\0`, as every C string does. */
export function unquote(text: Bytes): Bytes {
  const value = text
    .slice(1, -1)
    .replace(
      /''|\\(?:([0-7]{1,3})|([^]))/g,
      (_, octal: string | undefined, character: string | undefined) => {
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
        return character === undefined ? "'" : (escapes[character] ?? character);
      },
    );
  const end = value.indexOf("\0");
  return end < 0 ? value : value.slice(0, end);
}
