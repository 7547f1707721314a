import type { Bytes } from "@sallyport/policy";
import { lengthOf, NetworkLists } from "./network-lists.ts";
import type { Lists } from "./network-lists.ts";
import type { RuleReach } from "./reach.ts";

/** Of so few places it does not pay to look for fewer. */
const few = 4;

/** Rules of which the same columns are of names, to be found by a name or by their network. */
export class RuleGroup {
  readonly #roles: Map<Bytes, number[]> | null;
  readonly #databases: Map<Bytes, number[]> | null;
  readonly #networks: NetworkLists = new NetworkLists();

  /** @param reach of one of its rules */
  constructor({ roles, databases }: RuleReach) {
    this.#roles = roles && new Map<Bytes, number[]>();
    this.#databases = databases && new Map<Bytes, number[]>();
  }

  /** Places come in ascending order. */
  add({ roles, databases, network }: RuleReach, place: number): void {
    this.#networks.add(network, place);
    enter(this.#roles, roles, place);
    enter(this.#databases, databases, place);
  }

  /** The shortest lists that have every rule of the group that may match what a rule with this reach does. */
  lists({ roles, databases, network }: RuleReach): Lists {
    let best: Lists = [this.#networks.all];
    let count = this.#networks.all.length;
    const offer = (lists: Lists | null): void => {
      const length = lists ? lengthOf(lists) : Infinity;
      if (lists && length < count) [best, count] = [lists, length];
    };
    if (count > few) offer(named(this.#roles, roles));
    if (count > few) offer(named(this.#databases, databases));
    if (count > few) offer(this.#networks.meeting(network, count));
    return best;
  }
}

function enter(index: Map<Bytes, number[]> | null, names: readonly Bytes[] | null, place: number): void {
  if (!index || !names) return;
  for (const name of names) {
    const list = index.get(name);
    if (!list) index.set(name, [place]);
    // A name may stand in a column twice.
    else if (list.at(-1) !== place) list.push(place);
  }
}

/** Null: either is of more than names. */
function named(index: ReadonlyMap<Bytes, number[]> | null, names: readonly Bytes[] | null): Lists | null {
  if (!index || !names) return null;
  const lists: (readonly number[])[] = [];
  for (const name of names) {
    const list = index.get(name);
    if (list) lists.push(list);
  }
  return lists;
}
