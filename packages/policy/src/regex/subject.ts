import type { Bytes } from "../bytes.ts";
import { fail, regexErrors } from "./errors.ts";

/**
 * How many characters may be gone over before a match is given up: so many, and so many for each of the subject. What
 * needs more tries out references; a name of 63 bytes never gets there by anything else.
 */
const mostSteps = 200_000;
const mostStepsEach = 50;

/** A subject while it is being matched. */
export interface Subject {
  readonly text: Bytes;
  /** Of each lookaround, by its number: 1 at the places where it holds. */
  readonly looks: Uint8Array[];
  steps: number;
}

export function subjectOf(text: Bytes): Subject {
  return { text, looks: [], steps: 0 };
}

/** Counts what is gone over while trying: no pattern and no subject may hold up everybody else. */
export function spend(subject: Subject, steps: number): void {
  subject.steps += steps;
  if (subject.steps > mostSteps + mostStepsEach * subject.text.length) fail(regexErrors.tooComplex);
}
