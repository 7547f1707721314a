import type { Bytes, HbaOptions } from "@sallyport/policy";

/** One of the servers of a rule, with what belongs to it. */
export interface ServerEntry {
  readonly name: Bytes;
  readonly secret: Bytes;
  /** As it was written; PostgreSQL reads as much of it as is a number only when it loads the rule. */
  readonly port: Bytes;
  readonly nasIdentifier: Bytes;
}

/** Those of a rule, in its order (manual, 20.11): of each list a single value serves all servers. */
export function serversOf(options: HbaOptions): readonly ServerEntry[] {
  const { radiusServers, radiusSecrets, radiusPorts, radiusIdentifiers } = options;
  return (radiusServers?.items ?? []).map((name, index) => ({
    name,
    secret: valueFor(radiusSecrets?.items, index, ""),
    port: valueFor(radiusPorts?.items, index, "1812"),
    nasIdentifier: valueFor(radiusIdentifiers?.items, index, "postgresql"),
  }));
}

function valueFor(items: readonly Bytes[] = [], index: number, byDefault: Bytes): Bytes {
  return (items.length > 1 ? items[index] : items[0]) ?? byDefault;
}
