import type { Bytes } from "../bytes.ts";
import type { Asker, SystemError } from "../disk.ts";
import { configFileError } from "../problem.ts";
import type { Problem } from "../problem.ts";
import { wholeLine } from "./line.ts";
import type { Line, Span } from "./line.ts";
import { readLines } from "./lines.ts";
import { joinPath, resolvePath } from "./path.ts";
import { tokenize } from "./token.ts";
import type { Field, Token } from "./token.ts";

/** A line that holds a record, or the reason why it cannot even be cut into one. */
export type TokenizedLine =
  | { readonly line: Line; readonly fields: readonly Field[]; readonly error: null }
  | { readonly line: Line; readonly fields: null; readonly error: Bytes };

export interface TokenizedFile {
  /** Lines of the file and of all that it includes, in the order in which they count. */
  readonly lines: readonly TokenizedLine[];
  readonly problems: readonly Problem[];
  /** Set if the main file could not be opened: then there are no lines. */
  readonly openError: SystemError | null;
}

/** The main file is level 0; what stands deeper than this is not opened (manual, 20.1). */
const deepest = 10;

/** Files that include each other can multiply without end; no configuration that people wrote is this large. */
const mostBytes = 512 * 1024 * 1024;
const bytesPerOpening = 1024;

/** Reads a file with all that it includes. What is not known yet is asked of `asker` and counts as empty. */
export function readTokens(file: Bytes, asker: Asker): TokenizedFile {
  const content = asker.file(file);
  if (content !== undefined && "openError" in content) {
    return { lines: [], problems: [], openError: content.openError };
  }
  const reader = new TokenReader(asker);
  const lines: TokenizedLine[] = [];
  if (content) reader.tokenizeFile(file, content, { depth: 0, includedBy: [] }, lines);
  return { lines, problems: reader.problems, openError: null };
}

/** How deep a file stands, and by which lines it got there, the innermost first. */
interface Nesting {
  readonly depth: number;
  readonly includedBy: readonly Line[];
}

interface OpenFile {
  readonly bytes: Bytes;
  readonly readError?: SystemError;
}

const includeDirectives = new Set(["include", "include_if_exists", "include_dir"]);

class TokenReader {
  readonly problems: Problem[] = [];
  readonly #asker: Asker;
  #bytesLeft = mostBytes;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  tokenizeFile(file: Bytes, content: OpenFile, nesting: Nesting, lines: TokenizedLine[]): void {
    for (const line of readLines(file, content.bytes)) {
      this.#tokenizeLine(line, { ...nesting, includedBy: [line, ...nesting.includedBy] }, lines);
    }
    if (content.readError) {
      const text = `could not read file "${file}": ${content.readError.reason}`;
      this.#note({ severity: "log", text, span: null, context: nesting.includedBy });
    }
  }

  /** `nesting` is that of what this line includes, the line itself counted in. */
  #tokenizeLine(line: Line, nesting: Nesting, lines: TokenizedLine[]): void {
    const fields: Field[] = [];
    for (const raw of tokenize(line)) {
      const { field, error } = this.#expandField(raw, nesting);
      if (error !== null) {
        lines.push({ line, fields: null, error });
        return;
      }
      if (field.length > 0) fields.push(field);
    }
    const directive = fields.length === 2 ? fields[0]?.[0] : undefined;
    const target = fields[1]?.[0];
    if (directive && target && includeDirectives.has(directive.text)) {
      const error = this.#include(directive.text, target, nesting, lines);
      if (error !== null) lines.push({ line, fields: null, error });
    } else if (fields.length > 0) {
      lines.push({ line, fields, error: null });
    }
  }

  /** Puts the tokens of `@file` in its place. After an error nothing behind it counts. */
  #expandField(raw: Field, nesting: Nesting): { field: Field; error: Bytes | null } {
    if (!raw.some(namesFile)) return { field: raw, error: null };
    const field: Token[] = [];
    for (const token of raw) {
      if (!namesFile(token)) {
        field.push(token);
        continue;
      }
      const included: TokenizedLine[] = [];
      const path = resolvePath(token.text.slice(1), token.line.file);
      const error = this.#includeFile(path, token, nesting, included);
      if (error !== null) return { field, error };
      for (const { fields, error } of included) {
        if (error !== null) return { field, error };
        for (const tokens of fields) field.push(...tokens);
      }
    }
    return { field, error: null };
  }

  #include(directive: Bytes, target: Token, nesting: Nesting, lines: TokenizedLine[]): Bytes | null {
    if (directive === "include_dir") return this.#includeDirectory(target, nesting, lines);
    const path = resolvePath(target.text, nesting.includedBy[0]?.file ?? "");
    if (directive === "include_if_exists" && this.#skipsMissing(path, target, nesting)) return null;
    return this.#includeFile(path, target, nesting, lines);
  }

  #skipsMissing(path: Bytes, span: Span, nesting: Nesting): boolean {
    const content = nesting.depth < deepest ? this.#asker.file(path) : undefined;
    if (!content || !("openError" in content) || content.openError.code !== "ENOENT") return false;
    const text = `skipping missing authentication file "${path}"`;
    this.#note({ severity: "log", text, span, context: nesting.includedBy });
    return true;
  }

  /** The lines of one more file, or why it cannot be opened. */
  #includeFile(path: Bytes, span: Span, nesting: Nesting, lines: TokenizedLine[]): Bytes | null {
    const context = nesting.includedBy;
    const depth = nesting.depth + 1;
    if (depth > deepest) {
      return this.#fail(`could not open file "${path}": maximum nesting depth exceeded`, span, context);
    }
    const content = this.#asker.file(path);
    if (content === undefined) return null;
    if ("openError" in content) {
      return this.#fail(`could not open file "${path}": ${content.openError.reason}`, span, context);
    }
    this.#bytesLeft -= content.bytes.length + bytesPerOpening;
    if (this.#bytesLeft < 0) {
      return this.#fail(
        `could not open file "${path}": included files are too large together`,
        span,
        context,
      );
    }
    this.tokenizeFile(path, content, { depth, includedBy: context }, lines);
    return null;
  }

  /** Files ending in `.conf`, in byte order of their paths; the messages of all that fail, one a line. */
  #includeDirectory(target: Token, nesting: Nesting, lines: TokenizedLine[]): Bytes | null {
    const context = nesting.includedBy;
    if (/^[ \t\r\n]*$/.test(target.text)) {
      const text = "empty configuration directory name";
      return this.#fail(text, target, context, `${text}: "${target.text}"`);
    }
    const directory = resolvePath(target.text, context[0]?.file ?? "");
    const content = this.#asker.directory(directory);
    if (content === undefined) return null;
    if ("openError" in content) {
      const log = `could not open configuration directory "${directory}": ${content.openError.reason}`;
      return this.#fail(`could not open directory "${directory}"`, target, context, log);
    }
    const candidates = content.entries.filter(({ name }) => isConfigurationName(name));
    const unknown = candidates.find(({ kind }) => kind === "unknown");
    if (unknown)
      return this.#fail(`could not stat file "${joinPath(directory, unknown.name)}"`, target, context);
    const paths = candidates
      .filter(({ kind }) => kind === "file")
      .map(({ name }) => joinPath(directory, name));
    const errors: Bytes[] = [];
    let latest: Bytes | null = null;
    for (const path of paths.toSorted(byBytes)) {
      // The server forgets to clear the message of a failed file: each file after it repeats the latest one.
      latest = this.#includeFile(path, target, nesting, lines) ?? latest;
      if (latest !== null) errors.push(latest);
    }
    return errors.length > 0 ? errors.join("\n") : null;
  }

  /** Notes an error for the log and gives the text of the view's error column. */
  #fail(text: Bytes, span: Span, context: readonly Line[], log: Bytes = text): Bytes {
    this.#note({ severity: "error", text: log, span, context });
    return text;
  }

  #note(problem: Omit<Problem, "sqlstate">): void {
    const [line] = problem.context;
    const span = problem.span ?? (line ? wholeLine(line) : null);
    this.problems.push({ ...problem, span, sqlstate: configFileError });
  }
}

function namesFile(token: Token): boolean {
  return !token.quoted && token.text.length > 1 && token.text.startsWith("@");
}

function isConfigurationName(name: Bytes): boolean {
  return name.length >= 6 && !name.startsWith(".") && name.endsWith(".conf");
}

/** By code unit, which for byte strings is the order of `strcmp`. */
function byBytes(a: Bytes, b: Bytes): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
