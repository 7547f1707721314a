import type { AuthenticationRequest, Proof } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";

/** What a method came to. */
export type MethodOutcome =
  | {
      readonly kind: "proved";
      /** Who the client is to the system behind the method, as the log and `system_user` show it; null: nobody said (trust). */
      readonly identity: Bytes | null;
      /** What is held against the role, if that is not the whole identity. */
      readonly systemUser?: Bytes;
      /** What leaves together with AuthenticationOk, unflushed before it. */
      readonly last: AuthenticationRequest | null;
      /** What it proved, if that was asked for and serves elsewhere; whoever gets it wipes it. */
      readonly proof?: Proof | undefined;
      /** Nothing is proved yet: whoever gets the proof has to judge it. */
      readonly unjudged?: true;
      /** What is said to the client first, if its identity may not be the role. */
      readonly beforeRefusal?: () => Promise<FarewellEnd>;
      /** From then on the proof is worth nothing. */
      readonly expires?: Date;
    }
  | {
      readonly kind: "failed";
      /** Stands in the log alone, as the failure's DETAIL: the client hears the same whatever it is. */
      readonly reason: Bytes | null;
      /** Who it is all the same: the log shows it. */
      readonly identity?: Bytes;
      /** What is said to the client before the failure. */
      readonly beforeRefusal?: () => Promise<FarewellEnd>;
      /** The failure answers a question, and nobody else hears of it. */
      readonly unlogged?: true;
    }
  /** The client went away: nothing is sent and nothing is logged, as in PostgreSQL. */
  | { readonly kind: "gone" };

/** `gone`: the client went away meanwhile, and its failure is nobody's any more. */
export type FarewellEnd = "told" | "gone";
