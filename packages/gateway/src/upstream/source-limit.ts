/** Sources that are remembered; beyond that the one that was wrong least lately is forgotten. */
const mostSources = 10_000;

interface Bucket {
  left: number;
  at: number;
}

/** How often somebody may be wrong: so many times at once, and so many times a second from then on. */
export class SourceLimit {
  readonly #atOnce: number;
  readonly #perSecond: number;
  /** Of those who were wrong lately, the latest last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(atOnce: number, perSecond: number) {
    this.#atOnce = atOnce;
    this.#perSecond = perSecond;
  }

  /** @param now milliseconds */
  allows(source: string, now: number): boolean {
    return this.#left(source, now) >= 1;
  }

  /** Counts one. `last`: there are no more for now. */
  take(source: string, now: number): "counted" | "last" {
    const left = this.#left(source, now) - 1;
    this.#buckets.delete(source);
    this.#buckets.set(source, { left, at: now });
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined && this.#buckets.size > mostSources) this.#buckets.delete(oldest);
    return left < 1 ? "last" : "counted";
  }

  #left(source: string, now: number): number {
    const bucket = this.#buckets.get(source);
    if (bucket === undefined) return this.#atOnce;
    return Math.min(this.#atOnce, bucket.left + ((now - bucket.at) / 1000) * this.#perSecond);
  }
}
