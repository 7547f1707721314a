import type { Bytes, HbaRule, Ip } from "@sallyport/policy";
import { lanesOfType } from "../space/lanes.ts";

/** No name of a database is equal to it: the keyword, for physical replication. */
const replication = "\u{100}replication";

/** Places of rules by the names in a column, and of those with something else in it. */
interface Column {
  readonly named: ReadonlyMap<Bytes, readonly number[]>;
  readonly wide: readonly number[];
}

/** Which rules of a list may match a connection that another rule matches. */
export interface Overlap {
  /**
   * Their places, ascending. What is left out has nothing in common with this rule, whatever is known of the world; what is not may
   * have nothing in common either.
   *
   * @param below only those before this place
   */
  readonly with: (rule: HbaRule, below: number) => Generator<number, void, undefined>;
}

/** An overlap that is told of its rules one after another. */
export function overlapOf(length: number): Overlap & { readonly add: (rule: HbaRule) => void } {
  const [roles, databases] = [new ColumnDraft(), new ColumnDraft()];
  const lanes = new Uint8Array(length);
  const families = new Uint8Array(length);
  const networks = new Uint32Array(length);
  const masks = new Uint32Array(length);
  const all: number[] = [];
  return {
    add: (rule) => {
      const place = all.length;
      all.push(place);
      roles.add(namesIn(rule.users), place);
      databases.add(namesIn(rule.databases), place);
      lanes[place] = lanesOfType(rule.type);
      const { family, network, mask } = networkOf(rule);
      [families[place], networks[place], masks[place]] = [family, network, mask];
    },
    *with(rule, below) {
      const [byRole, byDatabase] = [
        roles.lists(namesIn(rule.users)),
        databases.lists(namesIn(rule.databases)),
      ];
      const lists = shortest([[all], byRole, byDatabase]);
      const mine = networkOf(rule);
      const wanted = lanesOfType(rule.type);
      for (const place of merged(lists)) {
        if (place >= below) return;
        if (((lanes[place] ?? 0) & wanted) === 0) continue;
        const family = families[place] ?? 0;
        if (family !== 0 && mine.family !== 0) {
          if (family !== mine.family) continue;
          const difference = (networks[place] ?? 0) ^ mine.network;
          if ((difference & (masks[place] ?? 0) & mine.mask) !== 0) continue;
        }
        yield place;
      }
    },
  };
}

class ColumnDraft implements Column {
  readonly named: Map<Bytes, number[]> = new Map();
  readonly wide: number[] = [];

  add(names: readonly Bytes[] | null, place: number): void {
    if (!names) {
      this.wide.push(place);
      return;
    }
    for (const name of names) {
      const list = this.named.get(name);
      if (!list) this.named.set(name, [place]);
      // A name may stand in a list twice.
      else if (list.at(-1) !== place) list.push(place);
    }
  }

  /** Ascending lists that together have every rule that may match one of these names; null: no names, and no lists. */
  lists(names: readonly Bytes[] | null): readonly (readonly number[])[] | null {
    return names && [this.wide, ...names.flatMap((name) => [this.named.get(name) ?? []])];
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

/** The first 32 bits decide, as far as they do. Family 0: any. */
function networkOf({ address }: HbaRule): { family: number; network: number; mask: number } {
  if (address?.kind !== "network") return { family: 0, network: 0, mask: 0 };
  return {
    family: address.ip.length === 4 ? 4 : 6,
    network: firstBits(address.ip),
    mask: firstBits(address.mask),
  };
}

function firstBits(ip: Ip): number {
  const byte = (at: number): number => ip.charCodeAt(at);
  return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
}

type Lists = readonly (readonly number[])[];

function shortest(choices: readonly (Lists | null)[]): Lists {
  const length = (lists: Lists): number => lists.reduce((sum, { length }) => sum + length, 0);
  return choices
    .filter((lists) => lists !== null)
    .reduce((one, other) => (length(other) < length(one) ? other : one));
}

/** Of more lists than these it is faster to sort. */
const mostCursors = 8;

/** Each place once, ascending. */
function* merged(lists: Lists): Generator<number, void, undefined> {
  if (lists.length > mostCursors) return yield* new Set(lists.flat().toSorted((a, b) => a - b));
  const cursors = lists.map((list) => ({ list, at: 0 }));
  for (;;) {
    let least = Infinity;
    for (const { list, at } of cursors) least = Math.min(least, list[at] ?? Infinity);
    if (least === Infinity) return;
    yield least;
    for (const cursor of cursors) if (cursor.list[cursor.at] === least) cursor.at += 1;
  }
}
