import type { Bytes } from "../../bytes.ts";

/**
 * Rules by name. Many small maps in place of a large one: a map copies itself whole when it has grown, and at a million names
 * that takes longer than anybody should have to wait.
 */
export type NameTable = (Map<Bytes, number[]> | undefined)[];

const shards = 256;

export function emptyNameTable(): NameTable {
  return Array.from<undefined>({ length: shards });
}

/** Puts a rule under a name. Rules come in ascending order; one that names something twice stands there once. */
export function addUnderName(table: NameTable, name: Bytes, rule: number): void {
  const shard = (table[shardOf(name)] ??= new Map<Bytes, number[]>());
  const rules = shard.get(name);
  if (!rules) shard.set(name, [rule]);
  else if (rules.at(-1) !== rule) rules.push(rule);
}

export function rulesUnderName(table: NameTable, name: Bytes): number[] {
  return table[shardOf(name)]?.get(name) ?? [];
}

function shardOf(name: Bytes): number {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = (Math.imul(sum, 31) + name.charCodeAt(at)) | 0;
  return (sum >>> 0) % shards;
}
