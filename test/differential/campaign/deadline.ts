/** Where a campaign stands. Times are in milliseconds since the epoch. */
export interface Standing {
  readonly now: number;
  readonly end: number;
  /** How many contests are held at a time. */
  readonly lanes: number;
  /** When those that are under way have to end. */
  readonly running: readonly number[];
  /** The weights of those that have not begun. */
  readonly waiting: readonly number[];
}

/** Until when the next contest may go on: its share of the time that nobody has been promised. */
export function deadlineOf(weight: number, { now, end, lanes, running, waiting }: Standing): number {
  const promised = running.reduce((sum, deadline) => sum + Math.max(0, deadline - now), 0);
  const left = Math.max(0, lanes * (end - now) - promised);
  const all = waiting.reduce((sum, other) => sum + other, weight);
  return Math.round(Math.max(now, Math.min(end, now + (left * weight) / all)));
}
