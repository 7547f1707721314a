import type { Socket } from "node:net";
import type { Bytes } from "@sallyport/policy";
import { MessageReader, startDeadline, WireError } from "@sallyport/wire";
import { BerError, readBerHeader, sequence } from "./ber.ts";
import type { BerHeader } from "./ber.ts";
import { LdapFailure } from "./failure.ts";
import { encodeRequest } from "./request.ts";
import type { Request, SearchRequest } from "./request.ts";
import { parseResponse } from "./response.ts";
import type { LdapResponse, LdapResult } from "./response.ts";
import { apiError, resultCode } from "./result-codes.ts";

/** How much is taken from a server, which may be anybody's until TLS has shown whose it is. */
export interface LdapLimits {
  /** Milliseconds for a connection to one address, and for a TLS handshake. */
  readonly connect: number;
  /** Milliseconds for one operation. */
  readonly operation: number;
  /** Bytes of one message. No attribute is asked for: names and diagnostics are short. */
  readonly message: number;
  /** Messages that answer one search. */
  readonly entries: number;
  /** Bytes of all messages that answer one request. */
  readonly answer: number;
}

export const ldapLimits: LdapLimits = {
  connect: 10_000,
  operation: 30_000,
  message: 65_536,
  entries: 10_000,
  answer: 1_048_576,
};

/** What a search has found: of several entries no more is kept than that there are several. */
export interface Found {
  /** The name of the first entry; null: there is none. */
  readonly first: Bytes | null;
  readonly count: number;
}

/**
 * One conversation with a server, one operation at a time. Every method fails with an {@link LdapFailure}, or with the
 * reason of the signal. After a failure of the connection itself nothing else is to be done with it but `close`.
 */
export class LdapConnection {
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  readonly #limits: LdapLimits;
  #id = 0;
  /** Bytes of the messages that have answered the request so far. */
  #received = 0;

  constructor(socket: Socket, limits: LdapLimits) {
    this.#socket = socket;
    this.#reader = new MessageReader(socket);
    this.#limits = limits;
  }

  /** A simple bind; whoever calls has seen to it that neither name nor password makes it anonymous unless it is to be. */
  async bind(dn: Bytes, password: Bytes, signal: AbortSignal): Promise<void> {
    await this.#operation(signal, async (within) => {
      const id = this.#send({ kind: "bind", dn, password });
      succeeded((await this.#answer(id, "bind", within)).result);
    });
  }

  /** References to other servers are not followed. */
  async search(request: SearchRequest, signal: AbortSignal): Promise<Found> {
    return await this.#operation(signal, async (within) => {
      const id = this.#send({ kind: "search", ...request });
      let first: Bytes | null = null;
      let count = 0;
      for (let messages = 0; messages < this.#limits.entries; messages++) {
        const response = await this.#receive(id, within);
        if (response.kind === "search_done") {
          succeeded(response.result);
          return { first, count };
        }
        if (response.kind === "reference") continue;
        if (response.kind !== "entry") throw new LdapFailure(apiError.decodingError);
        first ??= response.dn;
        count += 1;
      }
      throw new LdapFailure(resultCode.sizeLimitExceeded);
    });
  }

  /**
   * Agrees on TLS and gives the socket back, on which the handshake has to follow at once. What a man in the middle has sent
   * along behind the answer must not be taken for the server's.
   */
  async startTls(signal: AbortSignal): Promise<Socket> {
    return await this.#operation(signal, async (within) => {
      const id = this.#send({ kind: "start_tls" });
      succeeded((await this.#answer(id, "extended", within)).result);
      if (this.#reader.release().length > 0) {
        throw new LdapFailure(apiError.connectError, "received unencrypted data after the StartTLS response");
      }
      return this.#socket;
    });
  }

  /** Says good-bye, and waits for nothing. */
  unbind(): void {
    const socket = this.#socket;
    socket.setTimeout(this.#limits.connect, () => socket.destroy());
    socket.end(encodeRequest(this.#nextId(), { kind: "unbind" }), () => socket.destroy());
  }

  close(): void {
    this.#socket.destroy();
  }

  #nextId(): number {
    this.#id += 1;
    return this.#id;
  }

  #send(request: Request): number {
    const id = this.#nextId();
    const message = encodeRequest(id, request);
    this.#socket.write(message, () => message.fill(0));
    return id;
  }

  /** The one answer to a request that has one. */
  async #answer(
    id: number,
    kind: "bind" | "extended",
    signal: AbortSignal,
  ): Promise<{ readonly result: LdapResult }> {
    const response = await this.#receive(id, signal);
    if (response.kind !== kind || !("result" in response)) throw new LdapFailure(apiError.decodingError);
    return response;
  }

  /** The next message, which must answer this request: there is no other one. */
  async #receive(id: number, signal: AbortSignal): Promise<LdapResponse> {
    const response = parseResponse(await this.#readMessage(signal));
    if (response.id === id) return response;
    // Nobody asked: a notice of disconnection (RFC 4511, 4.4.1).
    if (response.id === 0 && response.kind === "extended") {
      const { code, diagnostics } = response.result;
      throw new LdapFailure(code === resultCode.success ? apiError.serverDown : code, diagnostics);
    }
    throw notLdap(`the message ID is ${response.id} in place of ${id}`);
  }

  async #readMessage(signal: AbortSignal): Promise<Buffer> {
    for (let needed = 1; ; needed++) {
      const header = headerOf(await this.#reader.peek(needed, signal));
      if (header === null) continue;
      const length = header.headerLength + header.contentLength;
      if (length > this.#limits.message) throw notLdap(`a message of ${length} bytes`);
      this.#received += length;
      if (this.#received > this.#limits.answer)
        throw notLdap(`more than ${this.#limits.answer} bytes in all`);
      return await this.#reader.readBytes(length, signal);
    }
  }

  async #operation<T>(signal: AbortSignal, work: (within: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = startDeadline(this.#limits.operation, "LDAP operation", signal);
    this.#received = 0;
    try {
      return await work(deadline.signal);
    } catch (error) {
      if (error instanceof BerError) throw new LdapFailure(apiError.decodingError, error.message);
      if (!(error instanceof WireError) || signal.aborted) throw error;
      throw new LdapFailure(error.code === "timeout" ? apiError.timeout : apiError.serverDown);
    } finally {
      deadline.clear();
    }
  }
}

function succeeded({ code, diagnostics }: LdapResult): void {
  if (code !== resultCode.success) throw new LdapFailure(code, diagnostics);
}

/** Null: more bytes are needed. @throws {LdapFailure} as soon as it can be seen that this is no LDAP message */
function headerOf(bytes: Buffer): BerHeader | null {
  if (bytes[0] !== sequence) throw notLdap("no LDAP message");
  try {
    return readBerHeader(bytes);
  } catch {
    throw notLdap("an impossible length");
  }
}

/** What follows cannot be read: OpenLDAP closes the connection, too. */
function notLdap(what: Bytes): LdapFailure {
  return new LdapFailure(apiError.serverDown, `received what is no answer: ${what}`);
}
