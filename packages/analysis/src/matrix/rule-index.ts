import { matchColumn } from "@sallyport/policy";
import type { Bytes, Connection, Facts, HbaRule } from "@sallyport/policy";

/** A rule and its place among all of them. */
export interface PlacedRule {
  readonly place: number;
  readonly rule: HbaRule;
}

/** Rules by the names in one of their columns, so that of a long file those for a name are found without a look at the others. */
export interface RuleIndex {
  readonly column: "user" | "database";
  readonly named: ReadonlyMap<Bytes, readonly PlacedRule[]>;
  /** Those with a keyword, a group or a regular expression. */
  readonly wide: readonly PlacedRule[];
}

export function indexRules(rules: Iterable<PlacedRule>, column: RuleIndex["column"]): RuleIndex {
  const named = new Map<Bytes, PlacedRule[]>();
  const wide: PlacedRule[] = [];
  for (const placed of rules) {
    const patterns = column === "user" ? placed.rule.users : placed.rule.databases;
    const names = patterns.flatMap((pattern) => (pattern.kind === "literal" ? [pattern.name] : []));
    if (names.length < patterns.length) {
      wide.push(placed);
      continue;
    }
    for (const name of new Set(names)) {
      const others = named.get(name);
      if (others) others.push(placed);
      else named.set(name, [placed]);
    }
  }
  return { column, named, wide };
}

/** A rule whose column matches, or may: then it is not certain. */
export interface FoundRule extends PlacedRule {
  readonly isCertain: boolean;
}

/** In their order the rules whose column matches a connection, or may. No other rule has a part in what becomes of it. */
export function rulesAbout(
  { column, named, wide }: RuleIndex,
  connection: Connection,
  facts: Facts,
): FoundRule[] {
  const literal = named.get(column === "user" ? connection.user : connection.database) ?? [];
  return [...literal, ...wide]
    .flatMap(({ place, rule }) => {
      const match = matchColumn(column, rule, connection, facts);
      return match === false ? [] : [{ place, rule, isCertain: match === true }];
    })
    .toSorted((a, b) => a.place - b.place);
}
