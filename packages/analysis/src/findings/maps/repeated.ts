import type { Bytes, Mapping } from "@sallyport/policy";
import type { FindingSource } from "../source.ts";

/** So many broad lines of a map are compared with each line behind them. */
const mostBroad = 20;

/** The lines of one map so far. */
interface Above {
  /** By what they say. */
  readonly same: Map<string, Mapping>;
  /** Those that may cover lines that say something else. */
  readonly broad: Mapping[];
}

/** Lines that grant nothing that a line above does not. Every line of a map is tried, so that one above takes nothing away. */
export const findRepeatedMappings: FindingSource = ({ ident }, say) => {
  const maps = new Map<Bytes, Above>();
  for (const mapping of ident?.mappings ?? []) {
    const above: Above = maps.get(mapping.mapName) ?? { same: new Map(), broad: [] };
    maps.set(mapping.mapName, above);
    const key = keyOf(mapping);
    const cover = above.same.get(key) ?? above.broad.find((broad) => covers(broad, mapping));
    if (cover) {
      const { line, systemUser, databaseUser } = mapping;
      const inside = systemUser.token.line === line && databaseUser.token.line === line;
      const start = line.text.search(/[^ \t,]/);
      const span = { line, start, end: inside ? databaseUser.token.end : line.text.length };
      const where =
        cover.line.file === line.file
          ? `line ${cover.line.number}`
          : `${cover.line.file}:${cover.line.number}`;
      say("mapping-repeated", span, `this grants nothing that ${where} does not`, {
        coveredBy: [{ line: cover.line, start: 0, end: cover.line.text.length }],
      });
      continue;
    }
    above.same.set(key, mapping);
    const isBroad = mapping.systemUser.kind === "regex" || mapping.databaseUser.kind === "all";
    if (isBroad && above.broad.length < mostBroad) above.broad.push(mapping);
  }
};

function keyOf({ systemUser, databaseUser }: Mapping): string {
  return JSON.stringify([systemUser.token.text, databaseUser.kind, databaseUser.token.text]);
}

function covers(above: Mapping, { systemUser, databaseUser }: Mapping): boolean {
  const substitutes = [above, { databaseUser }].some(
    (one) => one.databaseUser.kind === "literal" && one.databaseUser.token.text.includes(String.raw`\1`),
  );
  // Whom `all` lets in is not asked who he would have become.
  if (substitutes && above.databaseUser.kind !== "all") return false;
  const samePerson = above.systemUser.token.text === systemUser.token.text;
  const fits =
    above.systemUser.kind === "regex" &&
    systemUser.kind === "literal" &&
    above.systemUser.regex.test(systemUser.name) === true;
  if (!samePerson && !fits) return false;
  if (above.databaseUser.kind === "all") return true;
  return (
    above.databaseUser.kind === databaseUser.kind && above.databaseUser.token.text === databaseUser.token.text
  );
}
