import type { Bytes } from "../bytes.ts";
import { columnNames, matchColumn } from "../decide/columns.ts";
import type { ColumnName } from "../decide/columns.ts";
import type { Decision } from "../decide/decide.ts";
import type { Dependency, Facts } from "../decide/facts.ts";
import { listSpan } from "../hba/address.ts";
import type { HbaRule } from "../hba/rule.ts";
import type { Policy } from "../policy.ts";
import { wholeLine } from "../text/line.ts";
import type { Span } from "../text/line.ts";
import type { Field } from "../text/token.ts";
import { because, becauseOfRegexes } from "./because.ts";

/** How one rule fared. */
export interface RuleTrace {
  readonly rule: HbaRule;
  /** Null: it depends on what is not known. */
  readonly matched: boolean | null;
  /** The first column, in PostgreSQL's order, that does not match. */
  readonly mismatch: ColumnName | null;
  /** The columns that do not match, in that order; the server stops at the first. */
  readonly misses: readonly ColumnName[];
  /** What has to be known of a rule that has no miss. */
  readonly dependsOn: readonly Dependency[];
  /** All columns but one are known to match. */
  readonly nearly: boolean;
  /** The characters of the column that failed; of a rule that did not fail, of its method. */
  readonly span: Span;
  /** The fact behind the column that failed; of a rule that did not fail, which regular expressions matched. */
  readonly because: Bytes | null;
}

/** Every rule up to the deciding one, in the order of the file. */
export function traceRules(
  { rules }: Policy,
  { rule: deciding, connection }: Decision,
  facts: Facts,
): RuleTrace[] {
  const reached = deciding ? rules.slice(0, rules.indexOf(deciding) + 1) : rules;
  return reached.map((rule) => {
    const dependsOn: Dependency[] = [];
    const misses: ColumnName[] = [];
    for (const column of columnNames) {
      const match = matchColumn(column, rule, connection, facts);
      if (match === false) misses.push(column);
      else if (match !== true) for (const one of match) dependsOn.push(one);
    }
    const mismatch = misses[0] ?? null;
    return {
      rule,
      matched: mismatch !== null ? false : dependsOn.length > 0 ? null : true,
      mismatch,
      misses,
      dependsOn: mismatch === null ? dependsOn : [],
      nearly: misses.length === 1 && dependsOn.length === 0,
      span: mismatch === null ? rule.columns.method : columnSpan(rule, mismatch),
      because:
        mismatch === null
          ? becauseOfRegexes(rule, connection, facts)
          : because(mismatch, rule, connection, facts),
    };
  });
}

/** What is shown of a trace unless all is asked for: the nearest misses, what is open, and what decides. */
export function shownTraces(trace: readonly RuleTrace[], deciding: HbaRule | null): RuleTrace[] {
  const near = new Set(nearestMisses(trace));
  return trace.filter((one) => near.has(one) || one.matched === null || one.rule === deciding);
}

/** The misses that came closest: fewest columns wrong, the others known to fit, and what went wrong last. In file order. */
function nearestMisses(traces: readonly RuleTrace[], most = 3): RuleTrace[] {
  const missed = traces.filter(({ matched }) => matched === false);
  const byNearness = missed.toSorted(
    (a, b) =>
      a.misses.length - b.misses.length || Number(b.nearly) - Number(a.nearly) || progress(b) - progress(a),
  );
  const nearest = new Set(byNearness.slice(0, most));
  return missed.filter((trace) => nearest.has(trace));
}

function progress({ mismatch }: RuleTrace): number {
  return mismatch === null ? 0 : columnNames.indexOf(mismatch);
}

/** Where a column stands on the rule's own line; what came from an `@file` stands elsewhere. */
function columnSpan({ line, columns }: HbaRule, column: ColumnName): Span {
  const { type, address, mask, database, user } = columns;
  const fields: Record<ColumnName, Field> = {
    type: [type],
    address: address ? [address, ...(mask ? [mask] : [])] : [type],
    database,
    user,
  };
  const own = fields[column].filter((token) => token.line === line);
  const [first] = own;
  return first ? listSpan(first, own) : wholeLine(line);
}
