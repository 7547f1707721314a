import type { Bytes } from "../bytes.ts";
import type { HbaRule } from "../hba/rule.ts";
import { prefixOf } from "../ip.ts";
import { hashName, hashNetwork } from "./hash.ts";

/** As a name of a database: no byte string is equal to it. */
const replication = "\u{100}replication";

/** What stands for physical replication in place of a database's name. */
export const replicationHash: number = hashName(replication, 0, replication.length);

/** A column of names: their hashes, unless there is something among them that may match any name. */
export class NameColumn {
  isNarrow = true;
  count = 0;
  /** The first `count` of them. */
  readonly hashes: number[] = [];

  clear(): void {
    this.isNarrow = true;
    this.count = 0;
  }

  add(hash: number): void {
    this.hashes[this.count] = hash;
    this.count += 1;
  }
}

/**
 * Where one rule is narrow: in columns that name what they match, and that it can be found by. One is filled again and again:
 * there may be millions of rules.
 */
export class Narrowness {
  isLocal = false;
  isHostNamed = false;
  readonly databases: NameColumn = new NameColumn();
  readonly users: NameColumn = new NameColumn();
  /** False: any address may match. */
  hasNetwork = false;
  network = 0;
  /** Bytes of an address of the network, and how many of its leading bits count. */
  bytes: 4 | 16 = 4;
  length = 0;

  /** Makes it that of a rule. */
  of({ type, databases, users, address }: HbaRule): this {
    this.isLocal = type === "local";
    this.isHostNamed = address?.kind === "hostname";
    addNames(this.databases, databases);
    addNames(this.users, users);
    this.hasNetwork = false;
    if (address?.kind !== "network" || address.mask.length !== address.ip.length) return this;
    const length = prefixOf(address.mask);
    if (length !== null) this.setNetwork(hashNetwork(address.ip, length), address.ip.length, length);
    return this;
  }

  setNetwork(hash: number, bytes: number, length: number): void {
    this.hasNetwork = true;
    this.network = hash;
    this.bytes = bytes === 4 ? 4 : 16;
    this.length = length;
  }
}

function addNames(
  column: NameColumn,
  patterns: readonly { readonly kind: string; readonly name?: Bytes }[],
): void {
  column.clear();
  for (const { kind, name } of patterns) {
    if (kind === "replication") column.add(replicationHash);
    else if (kind === "literal" && name !== undefined) column.add(hashName(name, 0, name.length));
    else column.isNarrow = false;
  }
}
