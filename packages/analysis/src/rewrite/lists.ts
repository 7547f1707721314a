import type { Bytes, DatabasePattern, UserPattern } from "@sallyport/policy";
import { patternMeaning } from "../diff/meaning.ts";

type Pattern = DatabasePattern | UserPattern;

/** The elements of both lists, in their order, each once; `all` is all but physical replication. */
export function joinedLists<P extends Pattern>(a: readonly P[], b: readonly P[]): readonly P[] {
  const byMeaning = new Map<string, P>();
  for (const pattern of [...a, ...b]) {
    const key = patternMeaning(pattern);
    if (!byMeaning.has(key)) byMeaning.set(key, pattern);
  }
  const joined = [...byMeaning.values()];
  if (!joined.some(({ kind }) => kind === "all")) return joined;
  return joined.filter(({ kind }) => kind === "all" || kind === "replication");
}

/** A list as it is written. */
export function listText(patterns: readonly Pattern[]): Bytes {
  return patterns.map(({ token: { line, start, end } }) => line.text.slice(start, end)).join(",");
}

/** Equal for lists that mean the same. */
export function listMeaning(patterns: readonly Pattern[]): string {
  return [...new Set(patterns.map(patternMeaning))].toSorted().join("\0");
}
