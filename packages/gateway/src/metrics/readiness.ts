import type { Gateway } from "../gateway.ts";
import type { Log } from "../log/index.ts";
import { sharedAnswer } from "./shared-answer.ts";

/** Why nobody would get in now. Whoever asks gets these words and no others: he need not be anybody we know. */
export type NotReady = "starting" | "shutting down" | "the catalogue does not answer";

/** Milliseconds for the catalogue to answer a probe. */
const answerWithin = 2000;

export interface ReadinessFacts {
  /** Null: the doors are not open yet. */
  readonly gateway: () => Pick<Gateway, "isClosing" | "catalogFault"> | null;
  readonly log: Log;
  /** Milliseconds for which an answer of the catalogue counts. */
  readonly freshFor: number;
}

/**
 * Asks whether a login could succeed now. Null: it could. However many ask, the catalogue is asked once at a time. What
 * is wrong with it is logged when it changes.
 */
export function readinessOf({ gateway, log, freshFor }: ReadinessFacts): () => Promise<NotReady | null> {
  let faulty = false;
  const answers = async (): Promise<boolean> => {
    const fault = (await gateway()?.catalogFault(AbortSignal.timeout(answerWithin))) ?? null;
    if (gateway()?.isClosing) return false; // a catalogue that is closed is no news
    if (fault !== null && !faulty) {
      const detail = `The catalogue cannot be asked: ${fault}`;
      log.log("LOG", "not ready: the catalogue does not answer", { detail });
    } else if (fault === null && faulty) log.log("LOG", "ready again: the catalogue answers");
    faulty = fault !== null;
    return !faulty;
  };
  const answer = sharedAnswer(answers, freshFor);
  return async () => {
    const open = gateway();
    if (open === null) return "starting";
    const answered = open.isClosing || (await answer());
    if (open.isClosing) return "shutting down";
    return answered ? null : "the catalogue does not answer";
  };
}
