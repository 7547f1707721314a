import type { Bytes } from "../bytes.ts";
import type { Asker, SystemError } from "../disk.ts";
import { configFileError } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { Steps } from "../steps.ts";
import { wholeLine } from "./line.ts";
import type { Line, Span } from "./line.ts";
import { LineReader } from "./lines.ts";
import type { Dialect } from "../versions/dialect.ts";
import { joinPath, resolvePath } from "./path.ts";
import { tokenize } from "./token.ts";
import type { Field, Token } from "./token.ts";

/** A line that holds a record, or the reason why it cannot even be cut into one. */
export type TokenizedLine =
  | { readonly line: Line; readonly fields: readonly Field[]; readonly error: null }
  | { readonly line: Line; readonly fields: null; readonly error: Bytes };

/** Reading that gives each line as soon as it is cut. What it gives besides is a pause, at which it may be put aside. */
type Cutting<T> = Generator<TokenizedLine | undefined, T, undefined>;

/**
 * Files that include each other can multiply without end; no configuration that people wrote is this large. Each counts
 * as often as it is included, and as many times as it is deep: so long is what every line of it has to remember.
 */
const mostBytes = 512 * 1024 * 1024;
const bytesPerOpening = 4096;

/** A file to include: as it was named, and where that is. */
interface NamedFile {
  readonly name: Bytes;
  readonly path: Bytes;
}

/** Reads lines by itself, of which nobody has to hear. */
export interface Skimmer {
  /**
   * Takes some of those that come next. False: what is there now is to be read in full, if there is anything. True: it may go on when
   * others have had their turn.
   */
  readonly take: (lines: LineReader) => boolean;
}

/** How deep a file stands, and by which lines it got there, the innermost first. */
interface Nesting {
  readonly depth: number;
  /** It is an `@file`: its words belong to the line that names it. */
  readonly isList: boolean;
  readonly includedBy: readonly Line[];
}

/** The same of what a line includes: the line itself stands first. */
interface LineNesting extends Nesting {
  readonly includedBy: readonly [Line, ...Line[]];
}

interface OpenFile {
  readonly bytes: Bytes;
  readonly pieces?: readonly Bytes[];
  readonly readError?: SystemError;
}

const includeDirectives = new Set(["include", "include_if_exists", "include_dir"]);

/** Reads a file with all that it includes. What is not known yet is asked of `asker` and counts as empty. */
export class TokenReader {
  /** Of cutting into tokens, in the order of the server's log. */
  readonly problems: Problem[] = [];
  readonly #asker: Asker;
  readonly #dialect: Dialect;
  readonly #skimmer: Skimmer | null;
  #openError: SystemError | null = null;
  #bytesLeft = mostBytes;

  /** @param skimmer takes what it can of all lines but those of an `@file`; null: nobody does */
  constructor(asker: Asker, dialect: Dialect, skimmer: Skimmer | null = null) {
    this.#asker = asker;
    this.#dialect = dialect;
    this.#skimmer = skimmer;
  }

  /** Set if the main file could not be opened: then it had no lines. */
  get openError(): SystemError | null {
    return this.#openError;
  }

  /** Lines of the file and of all that it includes, in the order in which they count. */
  *read(file: Bytes): Cutting<void> {
    const content = this.#asker.file(file);
    if (content === undefined) return;
    if ("openError" in content) this.#openError = content.openError;
    else yield* this.#tokenizeFile(file, content, { depth: 0, isList: false, includedBy: [] });
  }

  *#tokenizeFile(file: Bytes, content: OpenFile, nesting: Nesting): Cutting<void> {
    const skimmer = nesting.isList ? null : this.#skimmer;
    let number = 1;
    for (const text of content.pieces ?? [content.bytes]) {
      const lines = new LineReader(file, text, this.#dialect, number);
      for (;;) {
        const takes = skimmer !== null && skimmer.take(lines);
        if (takes) {
          yield;
          continue;
        }
        if (!lines.more()) break;
        const line = lines.next();
        yield* this.#tokenizeLine(line, { ...nesting, includedBy: [line, ...nesting.includedBy] });
        yield;
      }
      ({ number } = lines);
    }
    if (!content.readError) return;
    const text = `could not read file "${file}": ${content.readError.reason}`;
    const counts = this.#dialect.readErrorCounts;
    this.#note({ severity: counts ? "error" : "log", text, span: null, context: nesting.includedBy });
    if (counts) yield { line: { file, number, text: "", joins: [] }, fields: null, error: text };
  }

  *#tokenizeLine(line: Line, nesting: LineNesting): Cutting<void> {
    if (line.tooLong) {
      yield { line, fields: null, error: this.#failLine(line) };
      return;
    }
    const fields: Field[] = [];
    const cut = tokenize(line, this.#dialect);
    for (const raw of cut.fields) {
      const { field, error } = raw.some(namesFile)
        ? yield* this.#expandField(raw, nesting)
        : { field: raw, error: null };
      if (error !== null) {
        yield { line, fields: null, error };
        return;
      }
      if (field.length > 0) fields.push(field);
    }
    if (cut.tooLong) {
      yield { line, fields: null, error: this.#failToken(cut.tooLong, nesting) };
      return;
    }
    const directive = this.#dialect.includes && fields.length === 2 ? fields[0]?.[0] : undefined;
    const target = fields[1]?.[0];
    if (directive && target && includeDirectives.has(directive.text)) {
      const error = yield* this.#include(directive.text, target, nesting);
      if (error !== null) yield { line, fields: null, error };
    } else if (fields.length > 0) {
      yield { line, fields, error: null };
    }
  }

  /** Puts the tokens of `@file` in its place. After an error nothing behind it counts. */
  *#expandField(raw: Field, nesting: Nesting): Cutting<{ field: Field; error: Bytes | null }> {
    const field: Token[] = [];
    for (const token of raw) {
      if (!namesFile(token)) {
        field.push(token);
        continue;
      }
      const included: TokenizedLine[] = [];
      const file = this.#named(token.text.slice(1), token.line.file);
      const error = yield* gather(this.#includeFile(file, token, { ...nesting, isList: true }), included);
      if (error !== null) return { field, error };
      for (const { fields, error } of included) {
        if (error !== null) return { field, error };
        // One by one: a line may hold more tokens than a call has room for arguments.
        for (const tokens of fields) for (const token of tokens) field.push(token);
        yield;
      }
    }
    return { field, error: null };
  }

  *#include(directive: Bytes, target: Token, nesting: LineNesting): Cutting<Bytes | null> {
    if (directive === "include_dir") return yield* this.#includeDirectory(target, nesting);
    const file = this.#named(target.text, nesting.includedBy[0].file);
    if (directive === "include_if_exists" && this.#skipsMissing(file.path, target, nesting)) return null;
    return yield* this.#includeFile(file, target, nesting);
  }

  #skipsMissing(path: Bytes, span: Span, nesting: Nesting): boolean {
    const content = nesting.depth < this.#dialect.deepestFile ? this.#asker.file(path) : undefined;
    if (!content || !("openError" in content) || content.openError.code !== "ENOENT") return false;
    const text = `skipping missing authentication file "${path}"`;
    this.#note({ severity: "log", text, span, context: nesting.includedBy });
    return true;
  }

  /** The lines of one more file, or why it cannot be opened. */
  *#includeFile(file: NamedFile, span: Span, nesting: Nesting): Cutting<Bytes | null> {
    const context = nesting.includedBy;
    const depth = nesting.depth + 1;
    const fail = (reason: Bytes): Bytes =>
      this.#fail(this.#dialect.includeError(file, reason), span, context);
    if (depth > this.#dialect.deepestFile) return fail("maximum nesting depth exceeded");
    const content = this.#asker.file(file.path);
    if (content === undefined) return null;
    if ("openError" in content) return fail(content.openError.reason);
    this.#bytesLeft -= (content.bytes.length + bytesPerOpening) * depth;
    if (this.#bytesLeft < 0) return fail("included files are too large together");
    yield* this.#tokenizeFile(file.path, content, { depth, isList: nesting.isList, includedBy: context });
    return null;
  }

  #named(name: Bytes, namedIn: Bytes): NamedFile {
    return { name, path: resolvePath(name, namedIn, this.#dialect.dotsResolved) };
  }

  /** Files ending in `.conf`, in byte order of their paths; the messages of all that fail, one a line. */
  *#includeDirectory(target: Token, nesting: LineNesting): Cutting<Bytes | null> {
    const context = nesting.includedBy;
    if (/^[ \t\r\n]*$/.test(target.text)) {
      const text = "empty configuration directory name";
      return this.#fail(text, target, context, `${text}: "${target.text}"`);
    }
    const directory = this.#named(target.text, context[0].file).path;
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
    const names = candidates.filter(({ kind }) => kind === "file").map(({ name }) => name);
    const errors: Bytes[] = [];
    let latest: Bytes | null = null;
    for (const name of names.toSorted(byBytes)) {
      const file = { name, path: joinPath(directory, name) };
      // The server forgets to clear the message of a failed file: each file after it repeats the latest one.
      latest = (yield* this.#includeFile(file, target, nesting)) ?? latest;
      if (latest !== null) errors.push(latest);
      yield;
    }
    return errors.length > 0 ? errors.join("\n") : null;
  }

  /** Notes an error for the log and gives the text of the view's error column. */
  #fail(text: Bytes, span: Span, context: readonly Line[], log: Bytes = text): Bytes {
    this.#note({ severity: "error", text: log, span, context });
    return text;
  }

  /** The one error of cutting that has always told where it is. */
  #failLine(line: Line): Bytes {
    const text = "authentication file line too long";
    const problem = { severity: "error", text, span: wholeLine(line), context: [line] } as const;
    this.problems.push({ ...problem, sqlstate: configFileError });
    return text;
  }

  #failToken(token: Token, { includedBy }: Nesting): Bytes {
    const text = "authentication file token too long";
    return this.#fail(text, token, includedBy, `${text}, skipping: "${token.text}"`);
  }

  #note(problem: Omit<Problem, "sqlstate">): void {
    const [line] = problem.context;
    const span = problem.span ?? (line ? wholeLine(line) : null);
    const context = this.#dialect.everyErrorHasContext ? problem.context : [];
    this.problems.push({ ...problem, span, context, sqlstate: configFileError });
  }
}

/** Keeps the lines and hands on the pauses. */
function* gather<T>(cutting: Cutting<T>, lines: TokenizedLine[]): Steps<T> {
  for (;;) {
    const step = cutting.next();
    if (step.done === true) return step.value;
    if (step.value) lines.push(step.value);
    yield;
  }
}

function namesFile(token: Token): boolean {
  return !token.quoted && token.text.length > 1 && token.text.startsWith("@");
}

function isConfigurationName(name: Bytes): boolean {
  return name.length >= 6 && !name.startsWith(".") && name.endsWith(".conf");
}

/** By code unit, which for byte strings is the order of `strcmp`. No two names of a directory are the same. */
function byBytes(a: Bytes, b: Bytes): number {
  return a < b ? -1 : 1;
}
