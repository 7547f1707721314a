import type { Identity, RuleOutcome } from "../outcome/outcome.ts";
import type { Side } from "../space/side.ts";
import type { Space } from "../space/space.ts";
import { mapLines } from "./map-lines.ts";
import type { MapLine } from "./map-lines.ts";

/** What a rule holds the name of another system against. */
export interface NamedMap {
  readonly identity: Identity;
  readonly lines: readonly MapLine[];
  /** Equal for maps that mean the same. */
  readonly meaning: string;
}

/** The map of whoever meets an outcome; null: no name is held against the role. */
export type Maps = (outcome: RuleOutcome | null) => NamedMap | null;

export function mapsOf({ policy }: Side, space: Space): Maps {
  const known = new Map<string, NamedMap>();
  const byName = Map.groupBy(policy.mappings, ({ mapName }) => mapName);
  return (outcome) => {
    if (!outcome || outcome.refuses || !outcome.identity) return null;
    const { identity } = outcome;
    const key = JSON.stringify(identity);
    const made = known.get(key);
    if (made) return made;
    const mappings = byName.get(identity.map ?? "") ?? [];
    const lines = mapLines({ ...policy, mappings }, identity, space);
    const map = { identity, lines, meaning: lines.map(({ meaning }) => meaning).join("\n") };
    known.set(key, map);
    return map;
  };
}
