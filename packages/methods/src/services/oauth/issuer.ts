import { createLocalJWKSet } from "jose";
import { utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { orAborted } from "@sallyport/wire";
import type { ServiceTurns } from "../../service-call.ts";
import { askIssuer } from "./ask-issuer.ts";
import type { IssuerQuestion } from "./ask-issuer.ts";
import { IssuerFault } from "./issuer-fault.ts";
import { issuerNamed, safeUrl } from "./issuer-url.ts";
import type { IssuerName } from "./issuer-url.ts";
import { usableKeys } from "./key-set.ts";
import type { AddressesOf } from "./look-up.ts";
import { SharedFetch } from "./shared-fetch.ts";
import type { JsonObject } from "./strict-json.ts";

/** Finds the key of a token; as jose takes it. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

/** Whose turn it is, and until when: of the login that asks. */
export interface Asking {
  readonly turns: ServiceTurns;
  readonly signal: AbortSignal;
}

export interface IssuerSurroundings {
  readonly now: () => Date;
  /** Certificates of authorities in PEM, read anew for each question; null: those that Node.js brings. */
  readonly authorities: () => Promise<string | null>;
  /** Where their hosts are. */
  readonly addressesOf: AddressesOf;
  /** Milliseconds for an answer. */
  readonly patience: number;
  /** The end of the gateway: what is asked for all is given up then. */
  readonly signal: AbortSignal;
}

/** Milliseconds. Keys that were taken back are good no longer than the first; new ones are looked for after the second. */
const keysLast = 10 * 60_000;
const lookAgain = 30_000;

/** Milliseconds after which a description may be what is wrong when an issuer is at fault; no sooner, whoever provokes it. */
const trustedFor = 2000;

const largestDescription = 64 * 1024;
const largestKeySet = 256 * 1024;

interface Fetched<T> {
  readonly value: T;
  readonly at: number;
}

/** An issuer of tokens, as the gateway knows it: its description and its keys, kept for a while. */
export class Issuer {
  readonly name: IssuerName;
  readonly #surroundings: IssuerSurroundings;
  readonly #service: Bytes;
  #description: Fetched<JsonObject> | null = null;
  #keys: Fetched<KeySet> | null = null;
  readonly #descriptionFetch = new SharedFetch(
    async () => await this.#fetchDescription(),
    () => this.#now(),
  );
  readonly #keysFetch = new SharedFetch(
    async () => await this.#fetchKeys(),
    () => this.#now(),
  );

  /** @throws {IssuerFault} no such issuer can be asked */
  constructor(rule: Bytes, surroundings: IssuerSurroundings) {
    this.name = issuerNamed(rule);
    this.#surroundings = surroundings;
    this.#service = `OAuth issuer "${utf8Bytes(this.name.issuer)}"`;
  }

  /**
   * Its keys.
   *
   * @param unlike those among which a token's key is not: newer ones, if it is time to look; else null
   * @throws {IssuerFault}
   * @throws {ServiceBusy}
   * @throws {WireError} the signal's reason
   */
  async keys(asking: Asking): Promise<KeySet>;
  async keys(asking: Asking, unlike: KeySet): Promise<KeySet | null>;
  async keys(asking: Asking, unlike: KeySet | null = null): Promise<KeySet | null> {
    const good = (): KeySet | null => {
      const age = this.#keys === null ? Infinity : this.#now() - this.#keys.at;
      if (this.#keys === null || age >= keysLast || age < 0) return null;
      return this.#keys.value === unlike && age >= lookAgain ? null : this.#keys.value;
    };
    const known = good();
    const keys = known ?? (await this.#inTurn(asking, async () => good() ?? (await this.#keysFetch.join())));
    return keys === unlike ? null : keys;
  }

  /**
   * Asks it what a token is worth (RFC 7662).
   *
   * @param authorization who asks
   * @throws as `keys`
   */
  async introspect(form: URLSearchParams, authorization: string, asking: Asking): Promise<JsonObject> {
    const { signal } = asking;
    return await this.#inTurn(
      asking,
      async () =>
        await this.#byDescription(async (description) => {
          const url = this.#endpoint(description, "introspection_endpoint");
          return await this.#ask({ url, form, authorization, largest: largestDescription, signal });
        }),
    );
  }

  async #inTurn<T>({ turns, signal }: Asking, work: () => Promise<T>): Promise<T> {
    return await turns.take(this.#service, async () => await orAborted(work(), signal));
  }

  async #fetchKeys(): Promise<KeySet> {
    const { signal } = this.#surroundings;
    return await this.#byDescription(async (description) => {
      const url = this.#endpoint(description, "jwks_uri");
      const set = await this.#ask({ url, largest: largestKeySet, signal });
      const keys = createLocalJWKSet(usableKeys(set, this.name.issuer));
      this.#keys = { value: keys, at: this.#now() };
      return keys;
    });
  }

  /** Whoever leaves says nothing about the description; an issuer that fails by it may have another one now. */
  async #byDescription<T>(work: (description: JsonObject) => Promise<T>): Promise<T> {
    const description = await this.#describe();
    try {
      return await work(description.value);
    } catch (error) {
      const age = this.#now() - description.at;
      const doubtful = error instanceof IssuerFault && (age >= trustedFor || age < 0);
      if (doubtful && this.#description === description) this.#description = null;
      throw error;
    }
  }

  async #describe(): Promise<Fetched<JsonObject>> {
    const age = this.#description === null ? Infinity : this.#now() - this.#description.at;
    if (this.#description !== null && age >= 0 && age < keysLast) return this.#description;
    return await this.#descriptionFetch.join();
  }

  async #fetchDescription(): Promise<Fetched<JsonObject>> {
    const { issuer, discovery } = this.name;
    const { signal } = this.#surroundings;
    const value = await this.#ask({ url: discovery, largest: largestDescription, signal });
    // OpenID Connect Discovery, 4.3: else one issuer could speak for another.
    if (value["issuer"] !== issuer)
      throw new IssuerFault(`The description at "${utf8Bytes(discovery.href)}" is another issuer's.`);
    this.#description = { value, at: this.#now() };
    return this.#description;
  }

  #endpoint(description: JsonObject, name: string): URL {
    const text = description[name];
    if (typeof text !== "string")
      throw new IssuerFault(`Issuer "${utf8Bytes(this.name.issuer)}" names no ${name}.`);
    return safeUrl(text, this.name.discovery.protocol === "http:");
  }

  async #ask(
    question: Omit<IssuerQuestion, "authorities" | "addressesOf" | "patience">,
  ): Promise<JsonObject> {
    const { patience, authorities, addressesOf } = this.#surroundings;
    return await askIssuer({ ...question, addressesOf, patience, authorities: await authorities() });
  }

  #now(): number {
    return this.#surroundings.now().getTime();
  }
}
