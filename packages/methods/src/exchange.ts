import type { AuthenticationRequest } from "@sallyport/wire";

/**
 * The conversation with one client while it authenticates, as a method sees it: no socket, no time-out. Whoever
 * implements it limits what is read and how long it takes.
 */
export interface Exchange {
  /** Sends a request and flushes it. */
  readonly request: (request: AuthenticationRequest) => void;
  /**
   * The body of the client's next message, which must be of type `p`. `what` is the kind that the method waits
   * for, for the message about another one: `expected SASL response, got message type 81`.
   *
   * `maxLength` caps the length word; `tooLong` and `gone` come back as values, since methods differ in what they
   * make of them. Fails with a `FatalError` 08P01 for a message of another type.
   */
  readonly answer: (what: "password" | "SASL" | "GSS", maxLength: number) => Promise<ClientAnswer>;
}

export type ClientAnswer =
  | { readonly kind: "message"; readonly body: Buffer }
  /** Longer than allowed or than what the client sent before it closed, or of an impossible length. */
  | { readonly kind: "too_long" }
  /** The client closed instead of answering. */
  | { readonly kind: "gone" };
