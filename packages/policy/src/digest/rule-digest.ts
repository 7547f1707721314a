import type { HbaRule } from "../hba/rule.ts";
import type { NameColumn, Narrowness } from "./narrowness.ts";
import { NumberList } from "./number-list.ts";

/** Places of rules under hashes, in the order in which they came. */
export class HashedPlaces {
  readonly hashes: NumberList = new NumberList();
  readonly places: NumberList = new NumberList();

  add(hash: number, place: number): void {
    this.hashes.push(hash);
    this.places.push(place);
  }

  addAll({ hashes, count }: NameColumn, place: number): void {
    for (let at = 0; at < count; at += 1) this.add(hashes[at] ?? 0, place);
  }
}

/** Rules that are narrow in the same columns; a column that is null is wide in all of them. */
export interface ClassDigest {
  readonly isLocal: boolean;
  readonly places: NumberList;
  readonly databases: HashedPlaces | null;
  readonly users: HashedPlaces | null;
  readonly networks: NetworkDigest | null;
}

/** Places of rules under their networks. */
export class NetworkDigest {
  readonly places: HashedPlaces = new HashedPlaces();
  /** The numbers of leading bits that networks of addresses of 4, and of 16, bytes have. */
  readonly lengths: Readonly<Record<4 | 16, Set<number>>> = { 4: new Set(), 16: new Set() };
  #latestLength = -1;
  #latestBytes = 0;

  add({ network, bytes, length }: Narrowness, place: number): void {
    this.places.add(network, place);
    // Most are as the one before.
    if (length !== this.#latestLength || bytes !== this.#latestBytes) this.lengths[bytes].add(length);
    this.#latestLength = length;
    this.#latestBytes = bytes;
  }
}

/** What an index is made of, rule by rule. */
export class RuleDigest {
  readonly #classes: (ClassDigest | undefined)[] = [];
  /** The rules whose address is a host name. */
  readonly hostNamed: NumberList = new NumberList();

  get classes(): readonly ClassDigest[] {
    return this.#classes.filter((one) => one !== undefined);
  }

  /** Rules come in ascending order of their places. */
  add(place: number, rule: Narrowness): void {
    const { isLocal, isHostNamed, databases, users, hasNetwork } = rule;
    const key =
      (isLocal ? 8 : 0) + (databases.isNarrow ? 4 : 0) + (users.isNarrow ? 2 : 0) + (hasNetwork ? 1 : 0);
    const to = (this.#classes[key] ??= emptyClass(rule));
    to.places.push(place);
    to.databases?.addAll(databases, place);
    to.users?.addAll(users, place);
    to.networks?.add(rule, place);
    if (isHostNamed) this.hostNamed.push(place);
  }
}

/** A class for rules that are narrow where this one is. */
function emptyClass({ isLocal, databases, users, hasNetwork }: Narrowness): ClassDigest {
  return {
    isLocal,
    places: new NumberList(),
    databases: databases.isNarrow ? new HashedPlaces() : null,
    users: users.isNarrow ? new HashedPlaces() : null,
    networks: hasNetwork ? new NetworkDigest() : null,
  };
}

const kept = new WeakMap<readonly HbaRule[], RuleDigest>();

/** For whoever compiles these rules. */
export function keepDigest(rules: readonly HbaRule[], digest: RuleDigest): void {
  kept.set(rules, digest);
}

/** Gives it away: an index that is made of it takes its place. Null: there is none. */
export function takeDigest(rules: readonly HbaRule[]): RuleDigest | null {
  const digest = kept.get(rules) ?? null;
  kept.delete(rules);
  return digest;
}
