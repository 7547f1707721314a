import type { Bytes, Steps } from "@sallyport/policy";

/** What `auth_file` says of one role. */
export interface AuthFileEntry {
  /** As PostgreSQL would store it, or whatever stands there in its place. */
  readonly secret: Bytes;
  readonly line: number;
}

/** Role names and secrets from a file. They show themselves only when asked for: not in `inspect`, not in JSON. */
export class AuthFile {
  readonly fileName: Bytes;
  readonly #entries: ReadonlyMap<Bytes, AuthFileEntry>;

  constructor(fileName: Bytes, entries: ReadonlyMap<Bytes, AuthFileEntry>) {
    this.fileName = fileName;
    this.#entries = entries;
  }

  /** Null: there is no such name. */
  secretOf(role: Bytes): Bytes | null {
    return this.#entries.get(role)?.secret ?? null;
  }

  /** In the order of the lines. */
  entries(): ReadonlyMap<Bytes, AuthFileEntry> {
    return this.#entries;
  }

  /** Whether both say the same of the same roles. */
  equals(other: AuthFile): boolean {
    const theirs = other.#entries;
    if (theirs.size !== this.#entries.size) return false;
    return [...this.#entries].every(([name, { secret }]) => theirs.get(name)?.secret === secret);
  }
}

/** Why a file is not taken. Nothing of its text stands in it, which may be a secret. */
export interface AuthFileFault {
  readonly line: number;
  readonly reason: string;
}

/**
 * Reads names and secrets in the format of PgBouncer's `auth_file` (PgBouncer manual, "Authentication file format"):
 * a name and a secret on a line, both in double quotes, which are doubled within; what follows on the line is passed
 * over, and so are blank lines and those that begin with `;`. Where PgBouncer goes on after a mistake, or takes the
 * last of several lines of one name, this is a fault: the file counts whole or not at all. A step for each line.
 */
export function* parseAuthFile(text: Bytes): Steps<ReadonlyMap<Bytes, AuthFileEntry> | AuthFileFault> {
  const entries = new Map<Bytes, AuthFileEntry>();
  let number = 0;
  for (let at = 0; at < text.length; yield) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end);
    number += 1;
    at = end + 1;
    const read = readLine(line);
    if (read === null) continue;
    if (typeof read === "string") return { line: number, reason: read };
    const [name, secret] = read;
    const before = entries.get(name);
    if (before) return { line: number, reason: `the same name as in line ${before.line}` };
    entries.set(name, { secret, line: number });
  }
  return entries;
}

/** Name and secret; null: nothing stands there; a text: what is wrong. */
function readLine(line: Bytes): readonly [name: Bytes, secret: Bytes] | null | string {
  if (line.includes("\0")) return "a byte 0";
  const start = skipBlanks(line, 0);
  if (start === line.length || line[start] === ";") return null;
  const name = readQuoted(line, start);
  if (name === null) return "no name in double quotes";
  const next = skipBlanks(line, name.end);
  const secret = next === name.end ? null : readQuoted(line, next);
  if (secret === null) return "no secret in double quotes behind the name";
  return [name.text, secret.text];
}

function skipBlanks(line: Bytes, from: number): number {
  let at = from;
  while (" \t\r\v\f".includes(line[at] ?? "x")) at += 1;
  return at;
}

/** A text in double quotes that begins at `from`; null: none does, or it does not end. */
function readQuoted(line: Bytes, from: number): { readonly text: Bytes; readonly end: number } | null {
  if (line[from] !== '"') return null;
  for (let at = from + 1; ; at += 2) {
    at = line.indexOf('"', at);
    if (at < 0) return null;
    if (line[at + 1] !== '"') return { text: line.slice(from + 1, at).replaceAll('""', '"'), end: at + 1 };
  }
}
