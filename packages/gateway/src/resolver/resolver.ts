import { orAborted, startDeadline, Turnstile } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import { lookUpFailure } from "./look-up-failure.ts";
import type { LookUpFailure } from "./look-up-failure.ts";
import type { AddressesAnswer, NameAnswer, NameService } from "./name-service.ts";

/** On whose behalf something is looked up. */
export interface Asker {
  /** Ends the wait, with its reason. */
  readonly signal: AbortSignal;
  /** Whom the waiting is counted to: those who ask for much keep only themselves waiting. */
  readonly source: string;
  /** Leaves what it holds to others while it waits. Default: it holds nothing. */
  readonly aside?: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface ResolverLimits {
  /** Look-ups that run at a time. */
  readonly atATime: number;
  /** How long one asker waits for one answer. */
  readonly milliseconds: number;
}

/**
 * Of its four threads libuv gives two to the resolver; the others read files and compute with passwords. Whose
 * addresses have a silent name server must not hold both: by the other one the upstream is looked up. 30 s is what the
 * C library itself waits by default for three silent servers.
 */
export const resolverLimits: ResolverLimits = { atATime: 1, milliseconds: 30_000 };

/** A question that is waiting for its turn, or for its answer. */
interface Question<Answer> {
  readonly answer: Promise<Answer>;
  readonly giveUp: AbortController;
  askers: number;
  begun: boolean;
}

/**
 * Asks a name service on behalf of logins: few questions at a time, the sources taking turns, each within a time. What
 * is asked twice at once is looked up once; no answer is kept, as in PostgreSQL.
 */
export class Resolver {
  readonly #service: NameService;
  readonly #limits: ResolverLimits;
  readonly #turnstile: Turnstile;
  readonly #names = new Map<string, Question<NameAnswer>>();
  readonly #addresses = new Map<Bytes, Question<AddressesAnswer>>();

  constructor(service: NameService, limits: ResolverLimits = resolverLimits) {
    this.#service = service;
    this.#limits = limits;
    this.#turnstile = new Turnstile(limits.atATime);
  }

  /**
   * A name that could break a line of the log is none: it is what whoever owns the address wants it to be.
   *
   * @throws the reason of the asker's signal, if it comes first
   */
  async nameOf(address: string, asker: Asker): Promise<NameAnswer> {
    const answer = await this.#ask(this.#names, address, this.#service.nameOf, asker);
    const broken = "name" in answer && /[^\x20-\x7e\x80-\xff]/.test(answer.name);
    return broken ? { failure: lookUpFailure("EAI_NONAME") } : answer;
  }

  /** @throws the reason of the asker's signal, if it comes first */
  async addressesOf(name: Bytes, asker: Asker): Promise<AddressesAnswer> {
    return await this.#ask(this.#addresses, name, this.#service.addressesOf, asker);
  }

  async #ask<Answer>(
    questions: Map<string, Question<Answer>>,
    about: string,
    lookUp: (about: string) => Promise<Answer>,
    asker: Asker,
  ): Promise<Answer | { readonly failure: LookUpFailure }> {
    const wait = async (): Promise<Answer | { readonly failure: LookUpFailure }> =>
      await this.#waitFor(questions, about, lookUp, asker);
    return await (asker.aside?.(wait) ?? wait());
  }

  async #waitFor<Answer>(
    questions: Map<string, Question<Answer>>,
    about: string,
    lookUp: (about: string) => Promise<Answer>,
    { signal, source }: Asker,
  ): Promise<Answer | { readonly failure: LookUpFailure }> {
    signal.throwIfAborted();
    const question = questions.get(about) ?? this.#put(questions, about, lookUp, source);
    question.askers += 1;
    const limit = startDeadline(this.#limits.milliseconds, "name resolution", signal);
    try {
      return await orAborted(question.answer, limit.signal);
    } catch (error) {
      if (signal.aborted || !limit.signal.aborted) throw error;
      return { failure: lookUpFailure("EAI_AGAIN") };
    } finally {
      limit.clear();
      question.askers -= 1;
      // A thread that is asking cannot be stopped; whoever comes meanwhile may have its answer.
      if (question.askers === 0 && !question.begun) {
        questions.delete(about);
        question.giveUp.abort();
      }
    }
  }

  #put<Answer>(
    questions: Map<string, Question<Answer>>,
    about: string,
    lookUp: (about: string) => Promise<Answer>,
    source: string,
  ): Question<Answer> {
    const giveUp = new AbortController();
    const work = async (): Promise<Answer> => {
      question.begun = true;
      return await lookUp(about).finally(() => questions.delete(about));
    };
    // The turnstile may begin at once, and then finds the question there.
    const turn = Promise.resolve().then(async () => await this.#turnstile.run(work, giveUp.signal, source));
    const question: Question<Answer> = { answer: turn, giveUp, askers: 0, begun: false };
    turn.catch(() => undefined); // given up: nobody is left to hear of it
    questions.set(about, question);
    return question;
  }
}
