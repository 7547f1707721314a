/** A seeded source of choices: the same seed makes the same files, so that a difference can be seen again. */
export interface Random {
  /** A whole number from 0 up to, not including, `below`. */
  readonly below: (below: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(items: readonly [T, ...T[]]) => T;
  /** `count` values, as many as `least` to `most` inclusive. */
  readonly many: <T>(least: number, most: number, make: () => T) => T[];
  /** One of several makers, each as likely as its weight. */
  readonly weighted: <T>(choices: readonly (readonly [weight: number, make: () => T])[]) => T;
}

/** The generator "mulberry32": small, fast, good enough to choose test cases by. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] ?? items[0],
    many: (least, most, make) => Array.from({ length: least + below(most - least + 1) }, make),
    weighted: (choices) => {
      let left = next() * choices.reduce((sum, [weight]) => sum + weight, 0);
      const chosen = choices.find(([weight]) => (left -= weight) < 0) ?? choices.at(-1);
      if (!chosen) throw new RangeError("nothing to choose from");
      return chosen[1]();
    },
  };
}
