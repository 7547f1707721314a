import { createLocalJWKSet } from "jose";
import { utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { orAborted } from "@sallyport/wire";
import type { ServiceTurns } from "../../service-call.ts";
import { askIssuer } from "./ask-issuer.ts";
import { IssuerFault } from "./issuer-fault.ts";
import { issuerNamed, safeUrl } from "./issuer-url.ts";
import type { IssuerName } from "./issuer-url.ts";
import { usableKeys } from "./key-set.ts";
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
  /** Milliseconds for an answer. */
  readonly patience: number;
  /** The end of the gateway: what is asked for all is given up then. */
  readonly signal: AbortSignal;
}

/** Milliseconds. Keys that were taken back are good no longer than the first; new ones are looked for after the second. */
const keysLast = 10 * 60_000;
const lookAgain = 30_000;

/** Milliseconds between two questions to an issuer that could not answer the first. */
const restAfterFault = 2000;

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
  #fault: Fetched<IssuerFault> | null = null;
  /** One question at a time: whoever needs the answer waits for the same. */
  #fetching: Promise<KeySet> | null = null;

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
    const keys = known ?? (await this.#inTurn(asking, async () => good() ?? (await this.#join())));
    return keys === unlike ? null : keys;
  }

  /**
   * Asks it what a token is worth (RFC 7662).
   *
   * @param authorization who asks
   * @throws as `keys`
   */
  async introspect(form: URLSearchParams, authorization: string, asking: Asking): Promise<JsonObject> {
    const { patience, authorities } = this.#surroundings;
    const { signal } = asking;
    return await this.#inTurn(asking, async () => {
      try {
        const url = this.#endpoint(await this.#describe(signal), "introspection_endpoint");
        const question = { url, form, authorization, patience, largest: largestDescription, signal };
        return await askIssuer({ ...question, authorities: await authorities() });
      } catch (error) {
        this.#description = null; // it may be what was wrong
        throw error;
      }
    });
  }

  async #inTurn<T>({ turns, signal }: Asking, work: () => Promise<T>): Promise<T> {
    return await turns.take(this.#service, async () => await orAborted(work(), signal));
  }

  /** What is asked for all who wait ends by its own time limit, not by theirs. */
  async #join(): Promise<KeySet> {
    const rests = this.#fault !== null && Math.abs(this.#now() - this.#fault.at) < restAfterFault;
    if (rests && this.#fault !== null) throw this.#fault.value;
    this.#fetching ??= this.#fetchKeys().finally(() => (this.#fetching = null));
    return await this.#fetching;
  }

  async #fetchKeys(): Promise<KeySet> {
    const { signal } = this.#surroundings;
    try {
      const url = this.#endpoint(await this.#describe(signal), "jwks_uri");
      const keys = createLocalJWKSet(
        usableKeys(await this.#get(url, largestKeySet, signal), this.name.issuer),
      );
      this.#keys = { value: keys, at: this.#now() };
      return keys;
    } catch (error) {
      this.#description = null; // it may be what was wrong
      if (error instanceof IssuerFault) this.#fault = { value: error, at: this.#now() };
      throw error;
    }
  }

  async #describe(signal: AbortSignal): Promise<JsonObject> {
    const age = this.#description === null ? Infinity : this.#now() - this.#description.at;
    if (this.#description !== null && age >= 0 && age < keysLast) return this.#description.value;
    const { issuer, discovery } = this.name;
    const value = await this.#get(discovery, largestDescription, signal);
    // OpenID Connect Discovery, 4.3: else one issuer could speak for another.
    if (value["issuer"] !== issuer)
      throw new IssuerFault(`The description at "${utf8Bytes(discovery.href)}" is another issuer's.`);
    this.#description = { value, at: this.#now() };
    return value;
  }

  #endpoint(description: JsonObject, name: string): URL {
    const text = description[name];
    if (typeof text !== "string")
      throw new IssuerFault(`Issuer "${utf8Bytes(this.name.issuer)}" names no ${name}.`);
    return safeUrl(text, this.name.discovery.protocol === "http:");
  }

  async #get(url: URL, largest: number, signal: AbortSignal): Promise<JsonObject> {
    const { patience, authorities } = this.#surroundings;
    return await askIssuer({ url, authorities: await authorities(), largest, patience, signal });
  }

  #now(): number {
    return this.#surroundings.now().getTime();
  }
}
