import type { Bytes } from "@sallyport/policy";
import { onThread } from "./acceptor.ts";
import type { AcceptAnswer, AcceptRequest, AcquireAnswer, AcquireRequest } from "./acceptor.ts";
import type { Gssapi, HandleOut, InBuffer, Out, OutBuffer } from "./bind.ts";
import { isError, statusText, taken } from "./status.ts";
import { loadedGssapi } from "./support.ts";

/** What a token of the client came to. */
export type AcceptStep =
  /** The client's turn. */
  | { readonly kind: "continue"; readonly answer: Buffer }
  /** Both sides know who they are; the last answer may be empty. */
  | { readonly kind: "complete"; readonly answer: Buffer }
  /** The answer, which may be empty, tells the client why; `status` is for the log. */
  | { readonly kind: "failed"; readonly answer: Buffer; readonly status: Bytes };

/** A message that was sealed or opened, whether it is confidential; or why not, for the log. */
export type Sealed = { readonly bytes: Buffer; readonly confidential: boolean } | { readonly status: Bytes };

/** `GSS_C_QOP_DEFAULT` (RFC 2744, appendix A). */
const usualQop = 0;

/**
 * The credentials of the service, and the beginning of a context with one client.
 *
 * @param keytab in the library's form, `FILE:/…` or a path; empty: the library's own default
 * @param whose a client's source: those of one do not keep those of another waiting
 * @returns a text for the log: there are no credentials
 * @throws {WireError} `timeout` or `aborted`, by the signal
 */
export async function beginGssContext(
  keytab: Bytes,
  whose: string,
  signal: AbortSignal,
): Promise<GssContext | { readonly status: Bytes }> {
  const gssapi = loadedGssapi();
  if (gssapi === null) return { status: "GSSAPI is not supported by this build" };
  const context = new GssContext(gssapi, whose);
  try {
    const status = await context.acquire(keytab, signal);
    if (status === null) return context;
    context.close();
    return { status };
  } catch (error) {
    context.close();
    throw error;
  }
}

/**
 * A security context with one client, from its first token on. One call at a time. Whoever has it closes it: what the
 * library gave goes back to it at once, or when the call ends that still runs on another thread.
 */
export class GssContext {
  readonly #gssapi: Gssapi;
  readonly #whose: string;
  readonly #credentials: HandleOut = [0];
  readonly #context: HandleOut = [0];
  readonly #name: HandleOut = [0];
  #running = false;
  #complete = false;
  #closed = false;

  constructor(gssapi: Gssapi, whose: string) {
    this.#gssapi = gssapi;
    this.#whose = whose;
  }

  /** Null: the credentials are there; else why not, for the log. */
  async acquire(keytab: Bytes, signal: AbortSignal): Promise<Bytes | null> {
    const request = (): AcquireRequest => ({ kind: "acquire", keytab });
    const { status } = await this.#onThread<AcquireAnswer>(request, signal, ({ credentials }) => {
      this.#credentials[0] = credentials;
    });
    return status;
  }

  /**
   * Gives the library the client's next token, on another thread.
   *
   * @throws {WireError} `timeout` or `aborted`, by the signal
   */
  async accept(token: Buffer, signal: AbortSignal): Promise<AcceptStep> {
    const request = (): AcceptRequest => ({
      kind: "accept",
      context: this.#context[0],
      credentials: this.#credentials[0],
      // A copy of its own, since a message takes all of the memory that a buffer is a part of.
      token: new Uint8Array(token),
    });
    const step = await this.#onThread<AcceptAnswer>(request, signal, (answer) => {
      this.#context[0] = answer.context;
      this.#name[0] = answer.name;
      this.#complete = answer.status === null && !answer.continues;
    });
    const answer = Buffer.from(step.answer);
    if (step.status !== null) return { kind: "failed", answer, status: step.status };
    return { kind: step.continues ? "continue" : "complete", answer };
  }

  /** The client's principal, once the context is complete. `status`: it has none; for the log. */
  principal(): { readonly name: Bytes } | { readonly status: Bytes } {
    this.#mustBeComplete();
    const minor: Out = [0];
    const output: OutBuffer = {};
    const major = this.#gssapi.displayName(minor, this.#name[0], output, 0);
    const name = taken(this.#gssapi, output).toString("latin1");
    if (major !== 0) return { status: statusText(this.#gssapi, major, minor[0]) };
    return { name };
  }

  /** Seals a message, confidentially. */
  wrap(message: Buffer): Sealed {
    this.#mustBeComplete();
    const [minor, state]: [Out, Out] = [[0], [0]];
    const [input, output]: [InBuffer, OutBuffer] = [{ length: message.length, value: message }, {}];
    const major = this.#gssapi.wrap(minor, this.#context[0], 1, usualQop, input, state, output);
    return this.#sealed(major, minor, state, output);
  }

  /** Opens a packet of the client. One that was seen before, or comes out of turn, is none. */
  unwrap(packet: Buffer): Sealed {
    this.#mustBeComplete();
    const [minor, state]: [Out, Out] = [[0], [0]];
    const [input, output]: [InBuffer, OutBuffer] = [{ length: packet.length, value: packet }, {}];
    const major = this.#gssapi.unwrap(minor, this.#context[0], input, output, state, 0);
    return this.#sealed(major, minor, state, output);
  }

  /** How long a message may be whose packet is no longer than so many bytes. */
  wrapSizeLimit(packetLength: number): { readonly length: number } | { readonly status: Bytes } {
    this.#mustBeComplete();
    const [minor, length]: [Out, Out] = [[0], [0]];
    const major = this.#gssapi.wrapSizeLimit(minor, this.#context[0], 1, usualQop, packetLength, length);
    if (isError(major)) return { status: statusText(this.#gssapi, major, minor[0]) };
    return { length: length[0] };
  }

  /** The second time it does nothing. */
  close(): void {
    this.#closed = true;
    if (!this.#running) this.#release();
  }

  #sealed(major: number, minor: Out, state: Out, output: OutBuffer): Sealed {
    const bytes = taken(this.#gssapi, output);
    // What is only information says that a packet is old, or one is missing: that is no good end either.
    if (major !== 0) return { status: statusText(this.#gssapi, major, minor[0]) };
    return { bytes, confidential: state[0] !== 0 };
  }

  #mustBeComplete(): void {
    if (!this.#complete || this.#closed || this.#running) throw new TypeError("there is no context to use");
  }

  /**
   * @param request made when its turn has come: by then the context may be closed, and its handles be worth nothing
   * @param keep takes what the library gave, even if nobody waits for it any more
   */
  async #onThread<Answer extends AcquireAnswer | AcceptAnswer>(
    request: () => AcquireRequest | AcceptRequest,
    signal: AbortSignal,
    keep: (answer: Answer) => void,
  ): Promise<Answer> {
    const begin = (): AcquireRequest | AcceptRequest => {
      if (this.#closed || this.#complete || this.#running) throw new TypeError("there is nothing to begin");
      this.#running = true;
      return request();
    };
    const end = (answer: Answer | null): void => {
      this.#running = false;
      if (answer !== null) keep(answer);
      if (this.#closed) this.#release();
    };
    return await onThread<Answer>({ begin, end }, this.#whose, signal);
  }

  #release(): void {
    const gssapi = this.#gssapi;
    const minor: Out = [0];
    for (const [handle, release] of [
      [this.#name, gssapi.releaseName],
      [this.#credentials, gssapi.releaseCredentials],
    ] as const) {
      if (BigInt(handle[0]) !== 0n) release(minor, handle);
      handle[0] = 0;
    }
    if (BigInt(this.#context[0]) !== 0n) gssapi.deleteContext(minor, this.#context, 0);
    this.#context[0] = 0;
  }
}
