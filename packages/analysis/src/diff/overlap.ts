import type { RuleOutcome } from "../outcome/outcome.ts";
import type { Effort } from "../space/effort.ts";
import { firstAtLeast } from "./first-at-least.ts";
import { lengthOf } from "./network-lists.ts";
import type { Lists } from "./network-lists.ts";
import { meeting } from "./reach.ts";
import type { RuleReach } from "./reach.ts";
import { RuleGroup } from "./rule-group.ts";

/** Which rules of a list may match a connection that another rule matches. */
export interface Overlap {
  /**
   * Their places, ascending. What is left out has nothing in common with a rule of this reach, whatever is known of the world; what
   * is not may have nothing in common either.
   *
   * @param from only those at this place or behind it
   * @param below only those before this place
   * @param leadsTo only those that lead to an outcome which it is true of; default: to any
   */
  readonly with: (
    reach: RuleReach,
    from: number,
    below: number,
    leadsTo?: (outcome: RuleOutcome) => boolean,
  ) => Iterable<number>;
  /** Those before a place; null: to find them all, more than `most` rules would have to be looked at. */
  readonly before: (reach: RuleReach, below: number, most: number) => Iterable<number> | null;
}

export interface GrowingOverlap extends Overlap {
  readonly add: (reach: RuleReach, outcome: RuleOutcome) => void;
}

/** So many outcomes have groups of their own. */
const mostOutcomes = 8;
/** So few places are looked at as they are. */
const few = 8;

/** So many places of lists are looked at in the time of a unit of work. */
const placesPerUnit = 16;

/** An overlap that is told of its rules one after another. */
export function createOverlap(effort: Effort): GrowingOverlap {
  const reaches: RuleReach[] = [];
  const outcomes: RuleOutcome[] = [];
  /** By outcome; null: the rest of them. Of one there is a group for each of the columns that are of names, or both, or none. */
  const groups = new Map<RuleOutcome | null, (RuleGroup | undefined)[]>();
  const listsFor = (reach: RuleReach, leadsTo: (outcome: RuleOutcome) => boolean): Lists => {
    const found: (readonly number[])[] = [];
    for (const [outcome, some] of groups) {
      if (outcome !== null && !leadsTo(outcome)) continue;
      for (const group of some) if (group) found.push(...group.lists(reach));
    }
    return found;
  };
  function* those(
    reach: RuleReach,
    places: Iterable<number>,
    leadsTo: (outcome: RuleOutcome) => boolean,
  ): Generator<number, void, undefined> {
    const meets = meeting(reach);
    for (const place of places) {
      const [other, outcome] = [reaches[place], outcomes[place]];
      if (other && outcome && meets(other) && leadsTo(outcome)) yield place;
    }
  }
  return {
    add: (reach, outcome) => {
      const place = reaches.length;
      reaches.push(reach);
      outcomes.push(outcome);
      const key = groups.has(outcome) || groups.size < mostOutcomes ? outcome : null;
      const some = groups.get(key) ?? [];
      groups.set(key, some);
      const group = (some[(reach.roles ? 1 : 0) + (reach.databases ? 2 : 0)] ??= new RuleGroup(reach));
      group.add(reach, place);
    },
    with: (reach, from, below, leadsTo = toAny) => {
      if (below - from <= few) return those(reach, range(from, below), leadsTo);
      const lists = listsFor(reach, leadsTo);
      effort.spend(lengthOf(lists) / placesPerUnit);
      return those(reach, merged(lists, from, below), leadsTo);
    },
    before: (reach, below, most) => {
      const lists = listsFor(reach, toAny);
      if (Math.min(lengthOf(lists), below) > most) return null;
      return those(reach, merged(lists, 0, below), toAny);
    },
  };
}

function toAny(): boolean {
  return true;
}

function* range(from: number, below: number): Generator<number, void, undefined> {
  for (let place = from; place < below; place += 1) yield place;
}

/** Of more lists than these it is faster to sort. */
const mostCursors = 8;

interface Cursor {
  readonly list: readonly number[];
  readonly to: number;
  at: number;
}

/** Each place of a range once, ascending. */
function* merged(lists: Lists, from: number, below: number): Generator<number, void, undefined> {
  const cursors: Cursor[] = [];
  for (const list of lists) {
    const [at, to] = [firstAtLeast(list, from), firstAtLeast(list, below)];
    if (at < to) cursors.push({ list, at, to });
  }
  if (cursors.length > mostCursors) return yield* sorted(cursors);
  for (;;) {
    let least = below;
    for (const { list, at, to } of cursors) if (at < to) least = Math.min(least, list[at] ?? below);
    if (least >= below) return;
    yield least;
    for (const cursor of cursors) if (cursor.list[cursor.at] === least) cursor.at += 1;
  }
}

function* sorted(cursors: readonly Cursor[]): Generator<number, void, undefined> {
  const places = Uint32Array.from(cursors.flatMap(({ list, at, to }) => list.slice(at, to))).toSorted();
  let last = -1;
  for (const place of places) {
    if (place !== last) yield place;
    last = place;
  }
}
