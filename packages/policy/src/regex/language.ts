import type { Machine } from "./machine.ts";

/**
 * The texts that a regular expression matches, as a deterministic automaton that is built while it is walked: states are
 * numbers, bytes of one class lead to the same state.
 */
export interface Language {
  readonly start: number;
  /** Of each byte the character whose code is the number of its class. */
  readonly classes: string;
  readonly next: (state: number, byte: number) => number;
  /** Is the text that led here one of them? */
  readonly accepts: (state: number) => boolean;
  /** Whatever follows, it is one. */
  readonly always: number;
  /** How much has been built while it was walked: see `Regex`. */
  readonly built: () => number;
}

type MachineState = ReturnType<Machine["at"]>;

/** @param machine which goes from left to right, and in which no lookaround matters */
export function languageOf(machine: Machine): Language {
  const states: (MachineState | null)[] = [null];
  const numbers = new Map<MachineState, number>();
  /** Of each state: the state behind each class of bytes. */
  const arcs: number[][] = [[]];
  const accepting: (boolean | undefined)[] = [true];
  const always = 0;
  const numberOf = (state: MachineState): number => {
    const known = numbers.get(state);
    if (known !== undefined) return known;
    states.push(state);
    arcs.push([]);
    numbers.set(state, states.length - 1);
    return states.length - 1;
  };
  const next = (number: number, byte: number): number => {
    const state = states[number];
    const seen = machine.classes.charCodeAt(byte);
    if (!state) return always;
    const made = arcs[number] ?? [];
    return (made[seen] ??= (() => {
      // The expression may match anywhere, and once it has, what follows does not matter.
      const step = machine.after(state, seen);
      return step.accepts ? always : numberOf(step.next);
    })());
  };
  const accepts = (number: number): boolean => {
    const state = states[number];
    return (accepting[number] ??= state ? machine.after(state, null).accepts : true);
  };
  const start = numberOf(machine.at());
  return { start, classes: machine.classes, next, accepts, always, built: () => machine.built };
}
