import type { AuthenticationRequest } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";

/** What a method came to. */
export type MethodOutcome =
  | {
      readonly kind: "proved";
      /** Who the client is to the system behind the method; null: nobody said (trust). */
      readonly identity: Bytes | null;
      /** What leaves together with AuthenticationOk, unflushed before it. */
      readonly last: AuthenticationRequest | null;
    }
  /** `reason` is for the log alone: the client hears the same whatever it is. */
  | { readonly kind: "failed"; readonly reason: Bytes | null }
  /** The client went away: nothing is sent and nothing is logged, as in PostgreSQL. */
  | { readonly kind: "gone" };
