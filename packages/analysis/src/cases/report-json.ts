import { decisionJson, placeJson } from "@sallyport/policy";
import type { Json, Place, ServerProfile } from "@sallyport/policy";
import { attemptJson } from "../attempt-json.ts";
import { expectationJson } from "./print-case.ts";
import type { CaseResult, CasesReport } from "./run-cases.ts";

/** A report in the form that users parse. */
export function casesJson(report: CasesReport, profile: ServerProfile): Json {
  return {
    cases: report.results.map((result) => resultJson(result, profile)),
    unmet_rules: report.unmetRules.map(({ place }) => placeOf(place)),
    unmet_mappings: report.unmetMappings.map(({ place }) => placeOf(place)),
    passed: report.passed,
    failed: report.failed,
  };
}

function resultJson({ tested, decision, then, misses }: CaseResult, profile: ServerProfile): Json {
  const { attempt } = tested;
  return {
    place: placeOf(tested.place),
    attempt: attemptJson({ ...tested, attempt: { ...attempt, database: attempt.database || attempt.user } }),
    expect: expectationJson(tested.expect),
    got: decisionJson(decision, { profile, then, trace: null }),
    ok: misses.length === 0,
  };
}

function placeOf(place: Place): Json {
  return { ...placeJson(place) };
}
