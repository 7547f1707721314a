import { compilePolicy, decide, inPassing, maskRule, placeOf, whatFollows } from "@sallyport/policy";
import type { Bytes, Decision, Facts, Line, Place, Policy, RoleCatalogue } from "@sallyport/policy";
import { ruleLinesOf } from "../rule-lines.ts";
import type { Case } from "./case.ts";
import { judge } from "./judge.ts";
import type { Miss } from "./judge.ts";

/** What the cases are judged with, beside the policy. */
export interface CaseContext {
  readonly facts: Facts;
  /** Null: unknown. */
  readonly catalogue: RoleCatalogue | null;
  /** The time at which VALID UNTIL is judged, in what follows a decision. */
  readonly now: Date;
}

export interface CaseResult {
  readonly tested: Case;
  /** Those of the context, and what the case says of the client's host name. */
  readonly facts: Facts;
  readonly decision: Decision;
  readonly then: readonly Bytes[];
  /** Empty: it came as expected. */
  readonly misses: readonly Miss[];
}

/** A rule or a mapping, by its line. */
export interface PolicyLine {
  readonly place: Place;
  /** As written, secrets masked. */
  readonly text: Bytes;
}

export interface CasesReport {
  readonly results: readonly CaseResult[];
  /** Rules by which no case is decided, in the order of the file. */
  readonly unmetRules: readonly PolicyLine[];
  /** Lines of `pg_ident.conf` that let nobody of the cases in. */
  readonly unmetMappings: readonly PolicyLine[];
  readonly passed: number;
  readonly failed: number;
}

/** Holds a policy against cases. A decision that depends on what is not known is `unknown`, and meets no rule. */
export function runCases(
  policy: Policy,
  cases: readonly Case[],
  { facts, catalogue, now }: CaseContext,
): CasesReport {
  const compiled = compilePolicy(policy);
  const lines = ruleLinesOf(policy);
  const met = new Set<string>();
  const results = cases.map((tested): CaseResult => {
    const known = tested.hostname ? { ...facts, hostname: tested.hostname } : facts;
    const decision = decide(compiled, tested.attempt, known);
    for (const line of linesMet(decision)) met.add(keyOf(line));
    return {
      tested,
      facts: known,
      decision,
      then: whatFollows(decision, policy.profile, catalogue, now),
      misses: judge(tested, decision, policy, lines),
    };
  });
  const unmetRules: PolicyLine[] = [];
  for (const rule of inPassing(policy.rules)) {
    if (!met.has(keyOf(rule.line))) unmetRules.push(policyLine(rule.line, maskRule(rule)));
  }
  const unmetMappings = policy.mappings.flatMap(({ line }) =>
    met.has(keyOf(line)) ? [] : [policyLine(line, line.text)],
  );
  const failed = results.filter(({ misses }) => misses.length > 0).length;
  return { results, unmetRules, unmetMappings, passed: results.length - failed, failed };
}

/** The rule that decides for certain, and the line of the map that lets in. */
function linesMet({ rule, perhaps, map }: Decision): Line[] {
  return [
    ...(rule && perhaps.length === 0 ? [rule.line] : []),
    ...(map?.matched && map.mapping ? [map.mapping.line] : []),
  ];
}

/** A line that is included twice is one line. */
function keyOf({ file, number }: Line): string {
  return `${number}:${file}`;
}

function policyLine(line: Line, shown: Bytes): PolicyLine {
  // Not `trim`: of bytes it would take away halves of letters.
  const start = line.text.search(/[^ \t\r]|$/);
  const place = placeOf({ line, start, end: line.text.replace(/[ \t\r]+$/, "").length });
  return { place, text: shown.replaceAll(/^[ \t\r]+|[ \t\r]+$/g, "") };
}
