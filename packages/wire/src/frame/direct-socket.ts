import { Socket } from "node:net";
import type { OnReadOpts, Server, SocketConstructorOpts } from "node:net";
import { commonBuffer, giveBuffer, takeBuffer } from "./read-buffers.ts";

/**
 * Takes what has been read.
 *
 * @returns whether nothing holds a part of the chunk any more: then its memory is read into again
 */
export type Sink = (chunk: Buffer) => boolean;

/** Whoever reads more than so many bytes so many times one after the other gets a buffer of his own, if there is one. */
const muchToRead = 4096;
const timesMuch = 4;

/**
 * A socket that can do without the stream on its reading side: once it has a sink, what comes goes straight there,
 * from memory that is used again and again. `pause`, `resume`, `end` and all that is written are as ever. As long as
 * there is no sink it is a socket like any other.
 */
export class DirectSocket extends Socket {
  readonly #intake: Intake;

  constructor(options: SocketConstructorOpts = {}, intake: Intake = new Intake()) {
    super({ ...options, onread: intake });
    this.#intake = intake;
    intake.socket = this;
  }

  /** Has the sink take all that comes, and first what lies in the stream. Nobody else may read from it then. */
  divert(sink: Sink): void {
    this.#intake.sink = sink;
    for (let chunk: unknown = this.read(); Buffer.isBuffer(chunk); chunk = this.read()) sink(chunk);
  }

  /** The stream has what comes from now on. */
  restore(): void {
    this.#intake.sink = null;
  }

  override destroy(error?: Error): this {
    this.#intake.close();
    return super.destroy(error);
  }
}

/**
 * Has a server that listens make direct sockets of what it accepts from now on, half-open and not read yet, without
 * sockets of its own before them. Node does not document how; where it is not so, all stays as it is.
 */
export function acceptDirectly(server: Server, accept: (socket: Socket) => void): void {
  const listener: unknown = Reflect.get(server, "_handle");
  if (typeof listener !== "object" || listener === null) return;
  const usual: unknown = Reflect.get(listener, "onconnection");
  if (typeof usual !== "function") return;
  Reflect.set(listener, "onconnection", (status: number, handle?: object): void => {
    if (status !== 0 || handle === undefined) {
      Reflect.apply(usual, listener, [status, handle]);
      return;
    }
    const options = { handle, allowHalfOpen: true, pauseOnCreate: true };
    const socket = new DirectSocket(options as SocketConstructorOpts);
    socket.setNoDelay(true);
    accept(socket);
  });
}

/** Where a socket reads into, and who gets it. */
class Intake implements OnReadOpts {
  socket: Socket | null = null;
  sink: Sink | null = null;
  #buffer: Buffer = commonBuffer;
  /** Reads one after the other that brought much. */
  #timesMuch = 0;

  /** Node asks for it before the first read and behind each. */
  readonly buffer = (): Buffer => this.#buffer;

  /** False: Node reads no more until somebody asks the stream for it. */
  readonly callback = (length: number): boolean => {
    const { sink } = this;
    let flows = true;
    let isFree = true;
    if (sink === null) flows = this.socket?.push(this.#copy(length)) ?? false;
    else if (this.#buffer === commonBuffer) sink(this.#copy(length));
    else isFree = sink(this.#buffer.subarray(0, length));
    this.#choose(length, isFree);
    return flows;
  };

  close(): void {
    // Whoever closes it may be about to pass on what came last.
    if (this.#buffer !== commonBuffer) giveBuffer(this.#buffer, false);
    this.#buffer = commonBuffer;
  }

  #copy(length: number): Buffer {
    const copy = Buffer.allocUnsafe(length);
    this.#buffer.copy(copy, 0, 0, length);
    return copy;
  }

  /** The buffer for the next read. */
  #choose(length: number, isFree: boolean): void {
    this.#timesMuch = length > muchToRead ? this.#timesMuch + 1 : 0;
    const isCommon = this.#buffer === commonBuffer;
    const isOwn = this.#timesMuch >= timesMuch && this.sink !== null && this.socket?.destroyed === false;
    if (isCommon ? !isOwn : isOwn && isFree) return;
    if (!isCommon) giveBuffer(this.#buffer, isFree);
    this.#buffer = (isOwn ? takeBuffer() : null) ?? commonBuffer;
  }
}
