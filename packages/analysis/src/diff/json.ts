import { decisionJson, dependencyJson, utf8Text, whatFollows } from "@sallyport/policy";
import type { Decision, HbaRule, Json, Policy } from "@sallyport/policy";
import { boxJson } from "../space/box-json.ts";
import { witnessJson } from "../space/witness.ts";
import type { Difference } from "./diff.ts";

/** The keys of a difference in the form that users parse. Of its changes there may be more than fit into a string: each comes by itself. */
export interface DifferenceJson {
  readonly changes: Iterable<Json>;
  readonly undecided: Iterable<Json>;
  readonly summary: Json;
}

/** @param now the time at which VALID UNTIL is judged */
export function differenceJson(
  { changes, undecided, space }: Difference,
  sides: RulePolicies,
  now: Date,
): DifferenceJson {
  const { catalogue } = space.known;
  const decision = (decision: Decision, { profile }: Policy): Json =>
    decisionJson(decision, { profile, then: whatFollows(decision, profile, catalogue, now), trace: null });
  return {
    changes: each(changes, (change) => ({
      kind: change.kind,
      region: { boxes: change.region.boxes.map((box) => boxJson(box, space)), exact: change.region.exact },
      words: utf8Text(change.words),
      witness: witnessJson(change.witness),
      old: decision(change.old, sides.old),
      new: decision(change.new, sides.new),
      depends_on: change.dependsOn.map(dependencyJson),
    })),
    undecided: each(undecided, ({ old, new: now, notCompared }) => ({
      old: placeJson(old),
      new: placeJson(now),
      not_compared: notCompared,
    })),
    summary: { ...summaryOf(changes), undecided: undecided.length },
  };
}

function* each<T>(list: readonly T[], json: (element: T) => Json): Generator<Json, void, undefined> {
  for (const element of list) yield json(element);
}

export interface RulePolicies {
  readonly old: Policy;
  readonly new: Policy;
}

/** How many changes there are of each kind. */
export function summaryOf(
  changes: Difference["changes"],
): Readonly<Record<"widening" | "narrowing" | "changed", number>> {
  const count = { widening: 0, narrowing: 0, changed: 0 };
  for (const { kind } of changes) count[kind] += 1;
  return count;
}

function placeJson(rule: HbaRule | null): Json {
  return rule && { file_name: utf8Text(rule.line.file), line_number: rule.line.number };
}
