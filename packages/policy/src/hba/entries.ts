import { Asker } from "../disk.ts";
import { NumberList } from "../digest/number-list.ts";
import { lazyList } from "../lazy-list.ts";
import type { ServerProfile } from "../profile.ts";
import type { ReadRegex } from "../regex/index.ts";
import { LineReader } from "../text/lines.ts";
import { tokenize } from "../text/token.ts";
import type { HbaEntry } from "./file.ts";
import { parseLine } from "./parse.ts";
import type { ParseContext } from "./parse.ts";
import type { HbaRule } from "./rule.ts";

/** Entries whose lines lie in one text, from a place on. */
interface Stretch {
  readonly first: number;
  readonly lines: LineReader;
}

const nothing = { files: new Map(), directories: new Map(), zones: new Map(), hosts: new Map() };

/**
 * The rows of `pg_hba_file_rules`. Of plain rules only the place of the line is kept, and the line is read in full when somebody looks
 * at it: a million rules would take more than a gigabyte.
 */
export class HbaEntries {
  /** Where the line of a plain rule begins, and its number. */
  readonly #starts = new NumberList();
  readonly #numbers = new NumberList();
  readonly #stretches: Stretch[] = [];
  /** What was read in full, and all that somebody has looked at since. */
  readonly #made = new Map<number, HbaEntry>();
  readonly #inFull = new NumberList();
  /** Entries that have no number as rules, and those that are none. */
  readonly #unnumbered: number[] = [];
  readonly #noRules: number[] = [];
  readonly #context: ParseContext;

  constructor(profile: ServerProfile, readRegex: ReadRegex) {
    this.#context = { profile, asker: new Asker(nothing), readRegex };
  }

  get length(): number {
    return this.#starts.length;
  }

  get ruleCount(): number {
    return this.length - this.#noRules.length;
  }

  /** Of the next rule. */
  get nextNumber(): number {
    return this.length - this.#unnumbered.length + 1;
  }

  /** A plain rule: its line begins there. */
  addPlain({ file, bytes }: LineReader, start: number, number: number): void {
    const place = this.length;
    const latest = this.#stretches.at(-1)?.lines;
    if (latest?.bytes !== bytes || latest.file !== file) {
      const lines = new LineReader(file, bytes, this.#context.profile.dialect);
      this.#stretches.push({ first: place, lines });
    }
    this.#starts.push(start);
    this.#numbers.push(number);
  }

  /** One that was read in full. */
  add(entry: HbaEntry): void {
    const place = this.length;
    this.#made.set(place, entry);
    this.#inFull.push(place);
    if (entry.ruleNumber === null) this.#unnumbered.push(place);
    if (entry.rule === null) this.#noRules.push(place);
    this.#starts.push(0);
    this.#numbers.push(0);
  }

  entries(): readonly HbaEntry[] {
    const { length } = this;
    const placeOf = (entry: HbaEntry): number => this.#find((one) => one === entry);
    return lazyList({ length, at: (place) => this.#at(place), peek: (place) => this.#peek(place), placeOf });
  }

  /** Of the entries those that are rules. */
  rules(): readonly HbaRule[] {
    const places = this.#noRules.length === 0 ? null : this.#rulePlaces();
    const entryOf = (place: number): number => places?.[place] ?? place;
    return lazyList({
      length: this.ruleCount,
      at: (place) => ruleOf(this.#at(entryOf(place))),
      peek: (place) => ruleOf(this.#peek(entryOf(place))),
      placeOf: (rule) => {
        const found = this.#find((one) => one.rule === rule);
        return places && found >= 0 ? places.indexOf(found) : found;
      },
    });
  }

  /** The rules that were read in full when the file was: each of the others ends as one of them that stands before it. */
  readInFull(): Iterable<HbaRule> {
    return { [Symbol.iterator]: () => this.#rulesInFull() };
  }

  *#rulesInFull(): Generator<HbaRule, undefined, undefined> {
    for (let at = 0; at < this.#inFull.length; at += 1) {
      const { rule } = this.#at(this.#inFull.at(at));
      if (rule) yield rule;
    }
  }

  #rulePlaces(): Uint32Array {
    const places = new Uint32Array(this.ruleCount);
    const noRules = new Set(this.#noRules);
    for (let [entry, count] = [0, 0]; entry < this.length; entry += 1) {
      if (noRules.has(entry)) continue;
      places[count] = entry;
      count += 1;
    }
    return places;
  }

  #find(is: (entry: HbaEntry) => boolean): number {
    for (const [place, entry] of this.#made) if (is(entry)) return place;
    return -1;
  }

  #at(place: number): HbaEntry {
    const made = this.#made.get(place);
    if (made) return made;
    const entry = this.#read(place);
    this.#made.set(place, entry);
    return entry;
  }

  #peek(place: number): HbaEntry {
    return this.#made.get(place) ?? this.#read(place);
  }

  /** Reads the line of a plain rule. */
  #read(place: number): HbaEntry {
    const context = this.#context;
    const { lines } = this.#stretches[countUpTo(this.#stretches, place, ({ first }) => first) - 1] ?? lost();
    lines.skip(this.#starts.at(place), this.#numbers.at(place));
    const line = lines.next();
    const { rule, error, problems } = parseLine(
      line,
      tokenize(line, context.profile.dialect).fields,
      context,
    );
    if (rule === null || error !== null || problems.length > 0) return lost();
    const ruleNumber = place + 1 - countUpTo(this.#unnumbered, place, (unnumbered) => unnumbered);
    return {
      line,
      ruleNumber,
      rule: { ruleNumber, fileName: lines.file, lineNumber: line.number, ...rule },
      error,
    };
  }
}

function ruleOf({ rule }: HbaEntry): HbaRule {
  return rule ?? lost();
}

/** How many of these ascending values are at most so large. */
function countUpTo<T>(values: readonly T[], most: number, valueOf: (value: T) => number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = values[middle];
    if (value !== undefined && valueOf(value) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What was a rule when its file was read is one for ever. */
function lost(): never {
  throw new Error("a rule is none when its line is read again");
}
