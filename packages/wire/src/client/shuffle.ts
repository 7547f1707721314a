/**
 * The same elements in random order, each order as likely as any other (Fisher and Yates).
 *
 * @param randomBelow a random integer from 0 up to, but not including, its argument
 */
export function shuffle<T>(elements: readonly T[], randomBelow: (bound: number) => number): readonly T[] {
  const left = [...elements];
  const taken: T[] = [];
  while (left.length > 0) {
    taken.push(...left.splice(randomBelow(left.length), 1));
  }
  return taken;
}
