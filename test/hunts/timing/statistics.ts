/** Sorted copies are made once: these are samples of thousands. */
export interface Sample {
  readonly sorted: readonly number[];
}

export function sampleOf(values: readonly number[]): Sample {
  return { sorted: values.toSorted((one, other) => one - other) };
}

export function quantile({ sorted }: Sample, fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN;
}

/**
 * The statistic of Mann and Whitney over its maximum: how likely a value of the one sample is above a value of the
 * other. Nobody could tell them apart at 0.5, everybody at 0 or 1.
 */
export function separation(one: Sample, other: Sample): number {
  let [below, equal, wins] = [0, 0, 0];
  for (const value of one.sorted) {
    while ((other.sorted[below] ?? Number.POSITIVE_INFINITY) < value) below += 1;
    equal = Math.max(equal, below);
    while ((other.sorted[equal] ?? Number.POSITIVE_INFINITY) <= value) equal += 1;
    wins += below + (equal - below) / 2;
  }
  return wins / (one.sorted.length * other.sorted.length);
}

/** The standard deviation of {@link separation} between samples of the same distribution. */
export function deviation(one: Sample, other: Sample): number {
  const [m, n] = [one.sorted.length, other.sorted.length];
  return Math.sqrt((m + n + 1) / (12 * m * n));
}
