import type { Plan } from "./plan.ts";
import type { Program } from "./program.ts";
import { spend } from "./subject.ts";
import type { Subject } from "./subject.ts";

/** A text that is being divided, and what the groups have got so far. */
export interface Division {
  readonly program: Program;
  readonly subject: Subject;
  /** Of group n at 2n and 2n + 1; -1: nothing. */
  readonly captures: Int32Array;
  /** Divides what a part got; see `divide`. */
  readonly divide: (plan: Plan, from: number, to: number) => boolean;
}

/** Forgets what the groups of these plans have got. */
export function forget({ captures }: Division, plans: readonly Plan[]): void {
  for (const { groups } of plans) for (const group of groups) captures.fill(-1, 2 * group, 2 * group + 2);
}

/** Every place, from left to right, up to which the plan's part fits from this place on. */
export function endsOf({ program, subject }: Division, { node }: Plan, from: number, to: number): number[] {
  spend(subject, to - from + 1);
  const ends: number[] = [];
  program.forward(node).scan(subject, from, to, "first", (place) => {
    ends.push(place);
    return false;
  });
  return ends;
}
