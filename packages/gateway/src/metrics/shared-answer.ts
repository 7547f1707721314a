/**
 * Asks once for all who want the answer at the same time, and for those who come up to `freshFor` milliseconds after it.
 * So a flood of questions costs what one costs.
 */
export function sharedAnswer<T>(
  ask: () => Promise<T>,
  freshFor: number,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let answer: Promise<T> | null = null;
  let until = 0;
  return async () => {
    if (answer !== null && now() < until) return await answer;
    until = Number.POSITIVE_INFINITY;
    const settled = (): void => {
      until = now() + freshFor;
    };
    answer = ask();
    answer.then(settled, settled);
    return await answer;
  };
}
