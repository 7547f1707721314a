import { inPassing, oneOfEach } from "@sallyport/policy";
import type { Bytes, HbaRule, Reading } from "@sallyport/policy";
import type { FindingSource } from "../source.ts";

/** Rules with a map that `pg_ident.conf` has no line of. */
export const findMissingMaps: FindingSource = ({ hba, ident }, say) => {
  if (ident?.loads !== true) return;
  const known = new Set(ident.mappings.map(({ mapName }) => mapName));
  const missing = new Set([...mapsOf(hba.rules)].filter((map) => !known.has(map)));
  if (missing.size === 0) return;
  for (const { options, columns } of inPassing(hba.rules)) {
    const { map = "" } = options;
    const token = columns.options.findLast(({ text }) => text.startsWith("map="));
    if (!missing.has(map) || !token) continue;
    say("map-missing", token, `no line of pg_ident.conf is of map "${map}"`);
  }
};

/** Maps that no rule names: the first line of each. */
export const findUnusedMaps: FindingSource = ({ hba, ident }: Reading, say) => {
  if (ident?.loads !== true || !hba.loads) return;
  const used = mapsOf(hba.rules);
  for (const { mapName, line } of ident.mappings) {
    if (used.has(mapName)) continue;
    used.add(mapName);
    const start = line.text.search(/[^ \t,]/);
    const end = start + (/[ \t]/.exec(line.text.slice(start))?.index ?? line.text.length - start);
    say("map-unused", { line, start, end }, `no rule of pg_hba.conf names map "${mapName}"`);
  }
};

function mapsOf(rules: readonly HbaRule[]): Set<Bytes> {
  const maps = new Set<Bytes>();
  for (const { options } of oneOfEach(rules)) {
    if (options.map !== undefined && options.map !== "") maps.add(options.map);
  }
  return maps;
}
