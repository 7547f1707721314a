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
  /** Of each part that has been begun: from where, and where it may yet end. */
  const begun: { readonly part: Plan; readonly start: number; readonly ends: number[] }[] = [];
  for (let start: number | undefined = from; start !== undefined; start = divideOne()) {
    const part = parts[begun.length];
    if (!part) return true;
    begun.push({ part, start, ends: endsInOrder(division, part, start, to, restFits[begun.length]) });
  }
  return false;

  /** Divides the last part that has been begun or, where it cannot be, the one before it anew; gives where it ends. */
  function divideOne(): number | undefined {
    for (let last = begun.at(-1); last; last = begun.at(-1)) {
      for (let end = last.ends.pop(); end !== undefined; end = last.ends.pop()) {
        forget(division, parts.slice(begun.length - 1));
        if (division.divide(last.part, last.start, end)) return end;
      }
      begun.pop();
    }
    return undefined;
  }
}

/** Of each part, marks at the places where it may end, so that all that is behind it fits. */
function placesOfRests(
  { program, subject }: Division,
  parts: readonly Plan[],
  from: number,
  to: number,
): Uint8Array[] {
  const { length } = subject.text;
  let ends = new Uint8Array(length + 1).fill(1, to, to + 1);
  const marks = [ends];
  for (const part of parts.slice(1).toReversed()) {
    const starts = new Uint8Array(length + 1);
    spend(subject, to - from + 1);
    program.backward(part.node).scan(subject, to, from, ends, (place) => {
      starts[place] = 1;
      return false;
    });
    marks.push(starts);
    ends = starts;
  }
  return marks.toReversed();
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
