import { endsOf, forget } from "./division.ts";
import type { Division } from "./division.ts";
import type { Plan } from "./plan.ts";
import { spend } from "./subject.ts";

/** One time of what is repeated: where it begins and ends, and where else it may end, the best place last. */
interface Time {
  readonly start: number;
  end: number;
  readonly left: number[];
}

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
  const begun: Time[] = [];
  /** Of which it is known that they lead nowhere: how often so far, and from where. */
  const dead = new Set<number>();
  const keyOf = (times: number, place: number): number =>
    (max === Infinity ? Math.min(times, min) : times) * (to + 1) + place;
  let divided = 0;
  begin(from);
  for (let last = begun.at(-1); last; last = begun.at(-1)) {
    const times = begun.length;
    const end = last.left.pop();
    if (end === undefined) {
      // What a reference has made fail may do with another beginning.
      if (!inner.node.traits.references) dead.add(keyOf(times, last.start));
      begun.pop();
      continue;
    }
    spend(division.subject, 1);
    last.end = end;
    divided = Math.min(divided, times - 1);
    if (end !== to) {
      begin(end);
      continue;
    }
    if (times < min) continue;
    divided += divideTimes(division, inner, begun.slice(divided));
    if (divided === times) return true;
    // The one that cannot be divided so ends elsewhere, and all behind it is chosen anew.
    begun.length = divided + 1;
  }
  if (none) forget(division, [inner]);
  return none;

  function begin(start: number): void {
    const times = begun.length + 1;
    begun.push({ start, end: start, left: dead.has(keyOf(times, start)) ? [] : choose(times, start) });
  }

  /** The ends that this time may have, the best one last. */
  function choose(times: number, start: number): number[] {
    const all = known.get(start) ?? endsOf(division, inner, start, to);
    known.set(start, all);
    const emptyHelps = start === to || (times < min && min - times >= to - start);
    const allowed = all.filter((end) => (end > start || emptyHelps) && (end === to || times < most));
    return shortest ? allowed.toReversed() : allowed;
  }
}

/** Divides these times; gives how many now are, from the first one on. */
function divideTimes(division: Division, inner: Plan, times: readonly Time[]): number {
  for (const [at, { start, end }] of times.entries()) {
    forget(division, [inner]);
    if (!division.divide(inner, start, end)) return at;
  }
  return times.length;
}
