import type { HbaRule } from "@sallyport/policy";
import type { RelayEnd } from "../relay/relay.ts";
import type { CancelOutcome } from "../upstream/cancel-keys.ts";
import type { Outcome } from "./outcome.ts";
import type { Stage, Visit } from "./visit.ts";

/** Hears what happens; it keeps no names and no addresses. */
export interface Meter {
  readonly stage: (stage: Stage, milliseconds: number) => void;
  /** @param rule the one that decided; null: none did */
  readonly login: (outcome: Outcome, rule: HbaRule | null) => void;
  readonly cancel: (outcome: CancelOutcome) => void;
  /** A session is over. */
  readonly end: (by: RelayEnd["by"]) => void;
}

export const noMeter: Meter = {
  stage: () => undefined,
  login: () => undefined,
  cancel: () => undefined,
  end: () => undefined,
};

/** What has come of a rule since its file was loaded. */
export interface RuleCount {
  readonly rule: HbaRule;
  readonly admitted: number;
  /** Its own `reject`, its method or map, or the upstream. */
  readonly refused: number;
}

/** Who is in the house, and what became of those who were at its door. */
export class GuestBook {
  readonly meter: Meter;
  readonly #visits = new Set<Visit>();
  readonly #waiting = new Set<() => void>();
  /** Rules that a reload has replaced go with their counts. */
  readonly #counts = new WeakMap<HbaRule, { admitted: number; refused: number }>();

  constructor(meter: Meter) {
    this.meter = meter;
  }

  /** In the order of their arrival. */
  get visits(): readonly Visit[] {
    return [...this.#visits];
  }

  enter(visit: Visit): void {
    this.#visits.add(visit);
  }

  leave(visit: Visit): void {
    this.#visits.delete(visit);
    for (const look of this.#waiting) look();
  }

  /** Resolves when nobody is in the house of whom that is true. */
  async whenNone(holds: (visit: Visit) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      for (const visit of this.#visits) if (holds(visit)) return;
      resolve();
    };
    this.#waiting.add(look);
    look();
    await promise;
    this.#waiting.delete(look);
  }

  /** Once for each startup packet. */
  note({ rule }: Visit, outcome: Outcome): void {
    this.meter.login(outcome, rule);
    if (rule === null) return;
    const count = this.#counts.get(rule) ?? { admitted: 0, refused: 0 };
    if (outcome === "admitted") count.admitted += 1;
    else count.refused += 1;
    this.#counts.set(rule, count);
  }

  countOf(rule: HbaRule): RuleCount {
    return { rule, ...(this.#counts.get(rule) ?? { admitted: 0, refused: 0 }) };
  }
}
