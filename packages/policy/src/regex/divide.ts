import { asciiLower } from "../bytes.ts";
import type { Plan } from "./plan.ts";
import { spend } from "./subject.ts";
import { endsOf, forget } from "./division.ts";
import type { Division } from "./division.ts";
import { divideIteration } from "./iteration.ts";
import { divideSequence } from "./sequence.ts";

/**
 * Divides the text between two places, which the automaton of the plan's part accepts. False: it cannot be done, which
 * only a reference can bring about; then its groups have nothing.
 */
export function divide(division: Division, plan: Plan, from: number, to: number): boolean {
  const done = divideBy(division, plan, from, to);
  if (!done) forget(division, [plan]);
  return done;
}

function divideBy(division: Division, plan: Plan, from: number, to: number): boolean {
  switch (plan.kind) {
    case "piece":
      return true;
    case "group":
      if (!divide(division, plan.inner, from, to)) return false;
      division.captures[2 * plan.group] = from;
      division.captures[2 * plan.group + 1] = to;
      return true;
    case "sequence":
      return divideSequence(division, plan, from, to);
    case "choice":
      return plan.branches.some(
        (branch) => fits(division, branch, from, to) && divide(division, branch, from, to),
      );
    case "iteration":
      return divideIteration(division, plan, from, to);
    case "reference":
      return repeatsGroup(division, plan, from, to);
  }
}

function fits(division: Division, plan: Plan, from: number, to: number): boolean {
  return endsOf(division, plan, from, to).at(-1) === to;
}

/** Is the text what the group has got, as often as may be? */
function repeatsGroup(
  { program, subject, captures }: Division,
  { group, min, max }: Plan & { kind: "reference" },
  from: number,
  to: number,
): boolean {
  const [start = -1, end] = captures.subarray(2 * group, 2 * group + 2);
  if (start < 0) return false;
  const wanted = subject.text.slice(start, end);
  const length = to - from;
  if (wanted === "") return length === 0;
  if (length === 0) return min === 0;
  const times = length / wanted.length;
  if (!Number.isInteger(times) || times < min || times > max) return false;
  spend(subject, length);
  const [expected, got] = [wanted.repeat(times), subject.text.slice(from, to)];
  return program.tree.ignoreCase ? asciiLower(expected) === asciiLower(got) : expected === got;
}
