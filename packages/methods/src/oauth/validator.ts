import type { Bytes, HbaOptions } from "@sallyport/policy";
import type { ServiceTurns } from "../service-call.ts";

/** What a validator makes of a token. In no text of it is anything of the token but names of claims. */
export type TokenVerdict =
  | {
      readonly kind: "authorized";
      /** Null: the token names nobody. */
      readonly identity: Bytes | null;
      /** Why it names nobody, if there is more to say than that it does not: a sentence for the log. */
      readonly unnamed?: Bytes;
      /** From then on it is worth nothing; null: it does not say. */
      readonly expires: Date | null;
    }
  | {
      readonly kind: "refused";
      /** Of a token that is good and yet not enough. */
      readonly identity: Bytes | null;
      /** A sentence for the log. */
      readonly reason: Bytes;
    }
  /** Nobody can say: the issuer is away, or talks nonsense. A sentence for the log. */
  | { readonly kind: "fault"; readonly detail: Bytes };

/** What a token is held against, and by whose leave. */
export interface TokenQuestion {
  /** Those of the rule: issuer and scope are there. */
  readonly options: HbaOptions;
  readonly turns: ServiceTurns;
  readonly signal: AbortSignal;
}

/**
 * Judges bearer tokens, as a module of `oauth_validator_libraries` does for a server (manual, chapter "OAuth Validator
 * Modules").
 */
export interface TokenValidator {
  /** As `oauth_validator_libraries` has it. */
  readonly name: Bytes;
  /** Throws the signal's reason and `ServiceBusy`, and nothing else. */
  readonly validate: (token: Bytes, question: TokenQuestion) => Promise<TokenVerdict>;
}
