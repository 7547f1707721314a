import type { Bytes } from "@sallyport/policy";
import { Issuer } from "./issuer.ts";
import type { IssuerSurroundings } from "./issuer.ts";

/** More issuers than any file has; those of files that are gone are forgotten. */
const most = 64;

/** The issuers that rules have named, with what is known of them. */
export class Issuers {
  readonly #known = new Map<Bytes, Issuer>();
  readonly #surroundings: IssuerSurroundings;

  constructor(surroundings: IssuerSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * @param rule the option `issuer`
   * @throws {IssuerFault} no such issuer can be asked
   */
  of(rule: Bytes): Issuer {
    const issuer = this.#known.get(rule) ?? new Issuer(rule, this.#surroundings);
    this.#known.delete(rule);
    this.#known.set(rule, issuer);
    const [oldest] = this.#known.keys();
    if (this.#known.size > most && oldest !== undefined) this.#known.delete(oldest);
    return issuer;
  }
}
