import { median, spread } from "./statistics.ts";

/** What a case has come to. */
export interface Result {
  readonly name: string;
  readonly unit: string;
  /** Medians of the rounds, in the unit. */
  readonly ours: number;
  /** By name; the first is the main one. */
  readonly peers: ReadonlyMap<string, Comparison>;
  /** CPU time of one operation, by whose it is; microseconds. */
  readonly cpu: ReadonlyMap<string, number>;
  /** A miss is a failure of the whole run, and not only reported. */
  readonly strict: boolean;
}

/** Ours beside one peer. */
export interface Comparison {
  readonly value: number;
  /** Above 1 whenever ours is better, whatever the unit: the median of the ratios of each round. */
  readonly ratio: number;
  /** Of those ratios: the largest less the smallest, over the median. */
  readonly spread: number;
  /** What the ratio is asked to be. Undefined: it is for information. */
  readonly atLeast: number | undefined;
}

/** Which values are the better ones. */
export type Better = "more" | "less";

/** Values of rounds: each of ours is held against the peer's of the same round. */
export function compare(
  ours: readonly number[],
  theirs: readonly number[],
  better: Better,
  atLeast?: number,
): Comparison {
  const ratios = ours.map((value, round) => {
    const other = theirs[round] ?? Number.NaN;
    return better === "more" ? value / other : other / value;
  });
  return { value: median(theirs), ratio: median(ratios), spread: spread(ratios), atLeast };
}

export function isMet({ ratio, atLeast }: Comparison): boolean {
  return atLeast === undefined || ratio >= atLeast;
}
