import type { Bytes } from "../../bytes.ts";
import { Narrowness } from "../../digest/narrowness.ts";
import type { RuleDigest } from "../../digest/rule-digest.ts";
import { regexCheck } from "../../regex/index.ts";
import type { Dialect } from "../../versions/dialect.ts";
import type { LineReader } from "../../text/lines.ts";
import type { Skimmer } from "../../text/read.ts";
import type { HbaEntries } from "../entries.ts";
import type { ConnectionType } from "../rule.ts";
import { Addresses } from "./address.ts";
import { beginsWith, behindBlanks, behindToken, blank, hash, kindAt, kinds } from "./characters.ts";
import { notPlain, scanNames } from "./names.ts";
import type { ChecksRegex } from "./names.ts";

/** So many lines, or bytes, are taken in one step: some 20 microseconds. */
export const linesPerStep = 32;
const bytesPerStep = 4096;

/** So many different ends of lines are remembered. */
const mostKnown = 4096;

/** No two of them are of the same length. */
const types: readonly ConnectionType[] = [
  "local",
  "host",
  "hostssl",
  "hostnossl",
  "hostgssenc",
  "hostnogssenc",
];
const typeOfLength: readonly (ConnectionType | undefined)[] = Array.from({ length: 13 }, (_, length) =>
  types.find((type) => type.length === length),
);

/** How a rule ends: its method and options, as they are written. */
interface Ending {
  readonly type: ConnectionType;
  readonly text: Bytes;
}

/**
 * Takes the lines of a large file that are rules like many others, and of which nothing has to be kept but where they stand: they are
 * read in full when somebody looks at them. A line is taken only if it is certain what comes of it:
 *
 *     hostssl  app,"App 2"  +staff,/^r[0-9]+$  10.1.0.0/16  scram-sha-256 clientcert=verify-ca  # why
 *     type     names        names              address      an ending that a rule of this type has had before
 *
 * All others are read in full at once: those with something wrong, with something to be warned of, with quotes where they are not
 * around a whole name, with an `@file`, a continuation, ...
 */
export class PlainLines implements Skimmer {
  readonly #entries: HbaEntries;
  readonly #digest: RuleDigest;
  readonly #checksRegex: ChecksRegex;
  readonly #longest: number;
  readonly #addresses = new Addresses();
  readonly #rule = new Narrowness();
  readonly #endings: Readonly<Record<ConnectionType, Set<Bytes>>> = {
    local: new Set(),
    host: new Set(),
    hostssl: new Set(),
    hostnossl: new Set(),
    hostgssenc: new Set(),
    hostnogssenc: new Set(),
  };
  /** The latest ending of each type: most lines end as the one before. */
  readonly #latest: Partial<Record<ConnectionType, Bytes>> = {};
  /** Why a line was not taken, if its ending alone is not known yet. */
  #unknown: Ending | null = null;

  constructor(entries: HbaEntries, digest: RuleDigest, dialect: Dialect) {
    this.#entries = entries;
    this.#digest = digest;
    this.#checksRegex = dialect.namePatterns ? regexCheck(dialect) : null;
    this.#longest = Math.min(dialect.longestLine ?? Infinity, dialect.longestToken ?? Infinity) - 2;
  }

  take(lines: LineReader): boolean {
    const { bytes } = lines;
    this.#unknown = null;
    if (lines.hasNul) return false;
    let { at, number } = lines;
    const most = at + bytesPerStep;
    let takes = true;
    for (let count = 0; count < linesPerStep && at < most; count += 1) {
      takes = at < bytes.length;
      if (!takes) break;
      const newline = bytes.indexOf("\n", at);
      const end = newline < 0 ? bytes.length : newline;
      takes = this.#line(lines, at, end, number);
      if (!takes) break;
      at = newline < 0 ? end : end + 1;
      number += 1;
    }
    lines.skip(at, number);
    return takes;
  }

  /**
   * The line that was not taken is a rule, and there was nothing to be said of it nor to be asked for it: others may end as it does.
   */
  learn(): void {
    const ending = this.#unknown;
    this.#unknown = null;
    if (ending === null || /["\r\0]|(?:^|[ \t,])@/.test(ending.text)) return;
    const known = this.#endings[ending.type];
    if (known.size < mostKnown) known.add(ending.text);
  }

  #line(lines: LineReader, from: number, lineEnd: number, number: number): boolean {
    const { bytes: text } = lines;
    if (lineEnd - from > this.#longest) return false;
    let to = lineEnd;
    while (to > from && text.charCodeAt(to - 1) === 0x0d) to -= 1;
    // It goes on in the next one, in releases that know that.
    if (to > from && text.charCodeAt(to - 1) === 0x5c) return false;
    let at = behindBlanks(text, from, to);
    if (at === to || kindAt(text, at) === hash) return true;

    const typeEnd = behindToken(text, at, to);
    const type = typeOfLength[typeEnd - at];
    if (type === undefined || !beginsWith(text, at, type)) return false;
    const rule = this.#rule;
    const checksRegex = this.#checksRegex;
    rule.isLocal = type === "local";

    at = behindColumn(text, typeEnd, to);
    if (at !== notPlain) at = scanNames(text, at, to, rule.databases, false, checksRegex);
    if (at !== notPlain) at = behindColumn(text, at, to);
    if (at !== notPlain) at = scanNames(text, at, to, rule.users, true, checksRegex);
    if (at !== notPlain) at = behindColumn(text, at, to);
    if (at !== notPlain && type !== "local") {
      at = this.#addresses.scan(text, at, to, rule);
      if (at !== notPlain) at = behindColumn(text, at, to);
    } else {
      rule.hasNetwork = false;
      rule.isHostNamed = false;
    }
    if (at === notPlain || !this.#endsWell(text, at, to, type)) return false;
    this.#digest.add(this.#entries.length, rule);
    this.#entries.addPlain(lines, from, number);
    return true;
  }

  /** From the method to the end of the line, or to a comment. */
  #endsWell(text: Bytes, from: number, to: number, type: ConnectionType): boolean {
    const latest = this.#latest[type] ?? "";
    // Most lines end as the one before, to the last byte.
    if (latest.length === to - from && latest !== "" && beginsWith(text, from, latest)) return true;
    let end = from;
    for (let at = from; at < to; at += 1) {
      const kind = kinds[text.charCodeAt(at)];
      if (kind === hash) break;
      if (kind !== blank) end = at + 1;
    }
    const ending = text.slice(from, end);
    if (!this.#endings[type].has(ending)) {
      this.#unknown = { type, text: ending };
      return false;
    }
    this.#latest[type] = ending;
    return true;
  }
}

/** The beginning of the next column; not plain: there is none, or this one goes on. */
function behindColumn(text: Bytes, at: number, to: number): number {
  if (at >= to || kindAt(text, at) !== blank) return notPlain;
  const next = behindBlanks(text, at, to);
  return next === to || kindAt(text, next) === hash ? notPlain : next;
}
