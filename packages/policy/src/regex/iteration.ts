import { endsOf, forget } from "./division.ts";
import type { Division } from "./division.ts";
import type { Plan } from "./plan.ts";
import { spend } from "./subject.ts";

/**
 * Finds where each time of something repeated ends. Each gets as much as it can, or as little if it prefers so, but
 * nothing only where the number of times could not be reached otherwise. What the automata allow is tried out first,
 * whole; then each time is divided, and what cannot be is chosen anew.
 */
export function divideIteration(
  division: Division,
  plan: Plan & { kind: "iteration" },
  from: number,
  to: number,
): boolean {
  const { inner, max } = plan;
  // No time at all is what is tried first, or last.
  const none = plan.min === 0 && from === to;
  const shortest = inner.node.traits.prefers === "shortest";
  if (none && shortest) return true;
  const min = Math.max(plan.min, 1);
  const most = Math.max(min, Math.min(max, to - from));
  const known = new Map<number, readonly number[]>();
  const ends = [from];
  const choices: number[][] = [];
  /** Of which it is known that they lead nowhere: how often so far, and from where. */
  const dead = new Set<number>();
  const keyOf = (times: number, place: number): number =>
    (max === Infinity ? Math.min(times, min) : times) * (to + 1) + place;
  let divided = 0;
  for (let times = 1; times > 0;) {
    const start = ends[times - 1] ?? from;
    const left = (choices[times] ??= dead.has(keyOf(times, start)) ? [] : choose(times, start));
    const end = left.pop();
    if (end === undefined) {
      // What a reference has made fail may do with another beginning.
      if (!inner.node.traits.references) dead.add(keyOf(times, start));
      choices.length = times;
      times -= 1;
      continue;
    }
    spend(division.subject, 1);
    ends[times] = end;
    divided = Math.min(divided, times - 1);
    if (end !== to) {
      times += 1;
      continue;
    }
    if (times < min) continue;
    divided = divideTimes(division, inner, ends, divided, times);
    if (divided === times) return true;
    times = divided + 1;
    choices.length = times + 1;
  }
  if (none) forget(division, [inner]);
  return none;

  /** The ends that this time may have, the best one last. */
  function choose(times: number, start: number): number[] {
    const all = known.get(start) ?? endsOf(division, inner, start, to);
    known.set(start, all);
    const emptyHelps = start === to || (times < min && min - times >= to - start);
    const allowed = all.filter((end) => (end > start || emptyHelps) && (end === to || times < most));
    return shortest ? allowed.toReversed() : allowed;
  }
}

/** Divides each time that is not divided yet; gives how many now are, from the first one on. */
function divideTimes(
  division: Division,
  inner: Plan,
  ends: readonly number[],
  divided: number,
  times: number,
): number {
  for (let at = divided + 1; at <= times; at += 1) {
    forget(division, [inner]);
    if (!division.divide(inner, ends[at - 1] ?? 0, ends[at] ?? 0)) return at - 1;
  }
  return times;
}
