import type { Bytes } from "../bytes.ts";
import { newestDialect } from "./dialect.ts";
import type { RegexDialect } from "./dialect.ts";
import { divide } from "./divide.ts";
import type { Division } from "./division.ts";
import { caught } from "./errors.ts";
import type { RegexErrorText } from "./errors.ts";
import { languageOf } from "./language.ts";
import type { Language } from "./language.ts";
import { parseRegex } from "./parser.ts";
import { planOf } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { spend, subjectOf } from "./subject.ts";
import type { Subject } from "./subject.ts";

/** Offsets in bytes; null: the group took no part. */
export type Span = readonly [start: number, end: number] | null;

/** What came of a subject: the span of the whole match, then that of each group. */
export type RegexMatch =
  | { readonly matched: true; readonly captures: readonly Span[] }
  | { readonly matched: false }
  /** It was given up, in the engine's words. */
  | { readonly error: RegexErrorText };

/** A compiled regular expression of PostgreSQL's (manual, 9.7.3), where each byte is a character. */
export interface Regex {
  readonly pattern: Bytes;
  /** Does it match any part of the subject? Null: it was given up. */
  readonly test: (subject: Bytes) => boolean | null;
  /** The leftmost match, and of these the longest or the shortest, as the expression prefers. */
  readonly match: (subject: Bytes) => RegexMatch;
  /** All that it matches; null: it has references or lookarounds, and no automaton tells. */
  readonly language: () => Language | null;
  /**
   * How much has been built of its automata so far, which happens as they are needed: in numbers that are kept, about 50 bytes each.
   * What has been forgotten counts, too.
   */
  readonly built: () => number;
  /** Lets go of all that; it is built anew when it is needed. */
  readonly forget: () => void;
}

/** Of an expression with larger automata than this they are not kept only because they had to be made to see what is wrong with it. */
const mostKept = 100;

/**
 * Compiles a pattern; `error` is the server's text for what is wrong with it. Matching uses no `RegExp`.
 *
 * @param dialect of the server's version; default: the newest
 */
export function compileRegex(
  pattern: Bytes,
  dialect: RegexDialect = newestDialect,
): Regex | { readonly error: RegexErrorText } {
  const compiled = caught(() => compile(pattern, dialect));
  return "error" in compiled ? compiled : lateRegex(pattern, dialect, compiled);
}

/** One that nothing is wrong with: it is compiled when it is first used. */
export function lateRegex(pattern: Bytes, dialect: RegexDialect, first: Compiled | null = null): Regex {
  let compiled = first;
  /** Of what has been forgotten. */
  let before = 0;
  const regex = (): Compiled => (compiled ??= compile(pattern, dialect));
  const forget = (): void => {
    before += compiled?.program.built.count ?? 0;
    compiled = null;
  };
  if (first && first.program.built.count > mostKept) forget();
  return {
    pattern,
    test: (subject) => regex().test(subject),
    match: (subject) => regex().match(subject),
    language: () => regex().language(),
    built: () => before + (compiled?.program.built.count ?? 0),
    forget,
  };
}

interface Compiled extends Pick<Regex, "test" | "match" | "language"> {
  readonly program: Program;
}

/** Throws `RegexFailure` for an expression that is wrong. */
function compile(pattern: Bytes, dialect: RegexDialect): Compiled {
  const program = new Program(parseRegex(pattern, dialect));
  const plan = planOf(program.tree.root);
  const match = (subject: Bytes): RegexMatch => caught(() => search(program, plan, subjectOf(subject)));
  const test = program.tree.root.traits.references
    ? (subject: Bytes): boolean | null => {
        const found = match(subject);
        return "matched" in found ? found.matched : null;
      }
    : (subject: Bytes): boolean => isMatched(program, subjectOf(subject));
  let language: Language | null | undefined;
  const asLanguage = (): Language | null => {
    const { root } = program.tree;
    const machine = root.traits.references ? null : program.forward(root);
    return (language ??= machine === null || machine.looks ? null : languageOf(machine));
  };
  return { program, test, match, language: asLanguage };
}

function isMatched(program: Program, subject: Subject): boolean {
  program.look(subject);
  let matched = false;
  program.forward(program.tree.root).scan(subject, 0, subject.text.length, "everywhere", () => {
    matched = true;
    return true;
  });
  return matched;
}

function search(program: Program, plan: Plan, subject: Subject): RegexMatch {
  program.look(subject);
  for (const start of possibleStarts(program, subject)) {
    for (const end of possibleEnds(program, subject, start)) {
      const captures = divided(program, plan, subject, start, end);
      if (captures) return { matched: true, captures };
    }
  }
  return { matched: false };
}

/** Where a match may begin. Without references the first that there is does; the others need not be looked for. */
function* possibleStarts(program: Program, subject: Subject): Generator<number> {
  const { root } = program.tree;
  const { length } = subject.text;
  const starts: number[] = [];
  program.backward(root).scan(subject, length, 0, "everywhere", (place) => {
    starts.push(place);
    return false;
  });
  if (!root.traits.references) return yield* starts.slice(-1);
  // PostgreSQL tries all up to the first place where a match may end, and then goes on behind that place, but not
  // if this is the end of the subject: an empty match there stays unseen then. So it does here.
  for (let from = 0; from === 0 || from < length;) {
    let end = -1;
    spend(subject, length - from + 1);
    program.forward(root).scan(subject, from, length, "everywhere", (place) => {
      end = place;
      return true;
    });
    if (end < 0) return;
    for (let start = starts.at(-1); start !== undefined && start <= end; start = starts.at(-1)) {
      starts.pop();
      yield start;
    }
    from = end + 1;
  }
}

/** Where a match that begins here may end, the best place first. */
function possibleEnds(program: Program, subject: Subject, start: number): readonly number[] {
  const { root } = program.tree;
  const { prefers, references } = root.traits;
  const ends: number[] = [];
  spend(subject, subject.text.length - start + 1);
  program.forward(root).scan(subject, start, subject.text.length, "first", (place) => {
    ends.push(place);
    return prefers === "shortest" && !references;
  });
  return prefers === "shortest" ? ends : ends.toReversed();
}

/** The whole match and the groups in it; null: it cannot be divided so. */
function divided(
  program: Program,
  plan: Plan,
  subject: Subject,
  start: number,
  end: number,
): readonly Span[] | null {
  const captures = new Int32Array(2 * program.tree.groups.size + 2).fill(-1);
  const division: Division = {
    program,
    subject,
    captures,
    divide: (part, from, to) => divide(division, part, from, to),
  };
  if (!divide(division, plan, start, end)) return null;
  captures.set([start, end]);
  return Array.from({ length: captures.length / 2 }, (_, group) => {
    const [from = -1, to = -1] = captures.subarray(2 * group, 2 * group + 2);
    return from < 0 ? null : [from, to];
  });
}
