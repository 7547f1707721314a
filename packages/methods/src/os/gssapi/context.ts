import type { Bytes } from "@sallyport/policy";
import { Turnstile } from "@sallyport/wire";
import type { CredentialStore, Gssapi, HandleOut, InBuffer, Out, OutBuffer } from "./bind.ts";
import { statusText, taken } from "./status.ts";
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

/** `GSS_C_ACCEPT`, `GSS_C_INDEFINITE`, `GSS_C_QOP_DEFAULT` and `GSS_S_CONTINUE_NEEDED` (RFC 2744, appendix A). */
const [acceptOnly, indefinite, usualQop, continueNeeded] = [2, 0xffff_ffff, 0, 1];

/** Calling and routine errors; what stands below them is information (RFC 2744, 3.9.1). */
const errorBits = 0xffff_0000;

/** A slow disk below the replay cache holds two of the four threads on which Node reads files and resolves names. */
const turnstile = new Turnstile(2);

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
  const store = keytab === "" ? null : ({ count: 1, elements: [{ key: "keytab", value: keytab }] } as const);
  const context = new GssContext(gssapi, whose);
  try {
    const status = await context.acquire(store, signal);
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
  async acquire(store: CredentialStore | null, signal: AbortSignal): Promise<Bytes | null> {
    const { acquire } = this.#gssapi;
    return await this.#elsewhere(async () => {
      const minor: Out = [0];
      const major = await called((done) =>
        acquire.async(minor, 0, indefinite, 0, acceptOnly, store, this.#credentials, 0, 0, done),
      );
      return major === 0 ? null : statusText(this.#gssapi, major, minor[0]);
    }, signal);
  }

  /**
   * Gives the library the client's next token, on another thread.
   *
   * @throws {WireError} `timeout` or `aborted`, by the signal
   */
  async accept(token: Buffer, signal: AbortSignal): Promise<AcceptStep> {
    const { accept } = this.#gssapi;
    const input = { length: token.length, value: token };
    return await this.#elsewhere(async () => {
      const minor: Out = [0];
      const output: OutBuffer = {};
      const [context, [credentials], name] = [this.#context, this.#credentials, this.#name];
      const major = await called((done) =>
        accept.async(minor, context, credentials, input, 0, name, 0, output, [0], 0, 0, done),
      );
      const answer = taken(this.#gssapi, output);
      if (isError(major)) {
        return { kind: "failed", answer, status: statusText(this.#gssapi, major, minor[0]) };
      }
      this.#complete = (major & continueNeeded) === 0;
      return { kind: this.#complete ? "complete" : "continue", answer };
    }, signal);
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

  async #elsewhere<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return await turnstile.run(
      async () => {
        if (this.#closed || this.#complete || this.#running) throw new TypeError("there is nothing to begin");
        this.#running = true;
        try {
          return await work();
        } finally {
          this.#running = false;
          if (this.#closed) this.#release();
        }
      },
      signal,
      this.#whose,
    );
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

function isError(major: number): boolean {
  return (major & errorBits) !== 0;
}

async function called(call: (done: (error: unknown, major: number) => void) => void): Promise<number> {
  return await new Promise((resolve, reject) => {
    call((error, major) => {
      if (error instanceof Error) reject(error);
      else resolve(major);
    });
  });
}
