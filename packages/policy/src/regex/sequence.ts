import { endsOf, forget } from "./division.ts";
import type { Division } from "./division.ts";
import type { Plan } from "./plan.ts";
import { spend } from "./subject.ts";

/**
 * From left to right each part gets as much as it can, or as little if it prefers so, of what leaves the parts behind
 * it something that they fit (manual, 9.7.3.5).
 */
export function divideSequence(
  division: Division,
  { parts }: Plan & { kind: "sequence" },
  from: number,
  to: number,
): boolean {
  const restFits = placesOfRests(division, parts, from, to);
  const last = parts.length - 1;
  const starts = [from];
  const choices: number[][] = [];
  for (let at = 0; at >= 0;) {
    const part = parts[at];
    const start = starts[at];
    if (part === undefined || start === undefined) return false;
    const left = (choices[at] ??= endsInOrder(division, part, start, to, restFits[at]));
    const end = left.pop();
    if (end === undefined) {
      choices.length = at;
      at -= 1;
      continue;
    }
    forget(division, parts.slice(at));
    if (!division.divide(part, start, end)) continue;
    if (at === last) return true;
    at += 1;
    starts[at] = end;
  }
  return false;
}

/** Of each part, marks at the places where it may end, so that all that is behind it fits. */
function placesOfRests(
  { program, subject }: Division,
  parts: readonly Plan[],
  from: number,
  to: number,
): Uint8Array[] {
  const { length } = subject.text;
  const marks = parts.map(() => new Uint8Array(length + 1));
  marks.at(-1)?.fill(1, to, to + 1);
  for (let at = parts.length - 1; at > 0; at -= 1) {
    const [part, ends, starts] = [parts[at], marks[at], marks[at - 1]];
    if (!part || !ends || !starts) break;
    spend(subject, to - from + 1);
    program.backward(part.node).scan(subject, to, from, ends, (place) => {
      starts[place] = 1;
      return false;
    });
  }
  return marks;
}

/** The best one last. */
function endsInOrder(
  division: Division,
  part: Plan,
  start: number,
  to: number,
  restFits: Uint8Array | undefined,
): number[] {
  const ends = endsOf(division, part, start, to).filter((end) => restFits?.[end] === 1);
  return part.node.traits.prefers === "shortest" ? ends.toReversed() : ends;
}
