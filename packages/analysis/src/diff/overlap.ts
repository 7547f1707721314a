import type { Bytes, HbaRule } from "@sallyport/policy";
import { lanesOfType } from "../space/lanes.ts";
import { firstAtLeast } from "./first-at-least.ts";
import { mayMeet, networkOf, NetworkLists } from "./network-lists.ts";
import type { Network } from "./network-lists.ts";

/** No name of a database is equal to it: the keyword, for physical replication. */
const replication = "\u{100}replication";

/** Which rules of a list may match a connection that another rule matches. */
export interface Overlap {
  /**
   * Their places, ascending. What is left out has nothing in common with this rule, whatever is known of the world; what is not may
   * have nothing in common either.
   *
   * @param from only those at this place or behind it
   * @param below only those before this place
   */
  readonly with: (rule: HbaRule, from: number, below: number) => Generator<number, void, undefined>;
  /** How many have to be looked at to find them all. */
  readonly cost: (rule: HbaRule) => number;
}

/** An overlap that is told of its rules one after another. */
export function overlapOf(length: number): Overlap & { readonly add: (rule: HbaRule) => void } {
  const [roles, databases] = [new Column(), new Column()];
  const lanes = new Uint8Array(length);
  const networks: Network[] = [];
  const all = new NetworkLists();
  const listsFor = (rule: HbaRule): Lists => {
    const network = networkOf(rule);
    return shortest([
      all.meeting(network),
      roles.lists(namesIn(rule.users), network),
      databases.lists(namesIn(rule.databases), network),
    ]);
  };
  return {
    cost: (rule) => lengthOf(listsFor(rule)),
    add: (rule) => {
      const place = networks.length;
      const network = networkOf(rule);
      networks.push(network);
      lanes[place] = lanesOfType(rule.type);
      all.add(network, place);
      roles.add(namesIn(rule.users), network, place);
      databases.add(namesIn(rule.databases), network, place);
    },
    *with(rule, from, below) {
      const network = networkOf(rule);
      const wanted = lanesOfType(rule.type);
      const lists = listsFor(rule);
      for (const place of merged(lists, from, below)) {
        const other = networks[place];
        if (((lanes[place] ?? 0) & wanted) !== 0 && other && mayMeet(network, other)) yield place;
      }
    },
  };
}

/** Places of rules by the names in a column; and by their networks, where there is something else in it. */
class Column {
  readonly #named = new Map<Bytes, number[]>();
  readonly #wide = new NetworkLists();

  add(names: readonly Bytes[] | null, network: Network, place: number): void {
    if (!names) {
      this.#wide.add(network, place);
      return;
    }
    for (const name of names) {
      const list = this.#named.get(name);
      if (!list) this.#named.set(name, [place]);
      // A name may stand in a list twice.
      else if (list.at(-1) !== place) list.push(place);
    }
  }

  /** Ascending lists that together have every rule that may match one of these names; null: no names, and no lists. */
  lists(names: readonly Bytes[] | null, network: Network): Lists | null {
    return (
      names && [...this.#wide.meeting(network), ...names.flatMap((name) => [this.#named.get(name) ?? []])]
    );
  }
}

/** The names that a column is of; null: there is more in it. */
function namesIn(
  patterns: readonly { readonly kind: string; readonly name?: Bytes }[],
): readonly Bytes[] | null {
  const names: Bytes[] = [];
  for (const { kind, name } of patterns) {
    if (kind === "replication") names.push(replication);
    else if (kind === "literal" && name !== undefined) names.push(name);
    else return null;
  }
  return names;
}

type Lists = readonly (readonly number[])[];

function shortest(choices: readonly (Lists | null)[]): Lists {
  return choices
    .filter((lists) => lists !== null)
    .reduce((one, other) => (lengthOf(other) < lengthOf(one) ? other : one));
}

function lengthOf(lists: Lists): number {
  return lists.reduce((sum, { length }) => sum + length, 0);
}

/** Of more lists than these it is faster to sort. */
const mostCursors = 8;

/** Each place of a range once, ascending. */
function* merged(lists: Lists, from: number, below: number): Generator<number, void, undefined> {
  if (lists.length > mostCursors) {
    const within = lists.flatMap((list) => list.slice(firstAtLeast(list, from), firstAtLeast(list, below)));
    return yield* new Set(within.toSorted((a, b) => a - b));
  }
  const cursors = lists.map((list) => ({ list, at: firstAtLeast(list, from) }));
  for (;;) {
    let least = Infinity;
    for (const { list, at } of cursors) least = Math.min(least, list[at] ?? Infinity);
    if (least >= below) return;
    yield least;
    for (const cursor of cursors) if (cursor.list[cursor.at] === least) cursor.at += 1;
  }
}
