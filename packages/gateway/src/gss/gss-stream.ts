import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { GssContext, Sealed } from "@sallyport/methods/os";
import { ByteQueue } from "@sallyport/wire";
import type { LoggedFault } from "../tls/handshake-fault.ts";
import { checkedLength, GssFailure, headLength, longestPacket, packetOf } from "./packet.ts";

/** Packets that are sealed in one turn of the event loop: a quarter of a megabyte, in some two milliseconds. */
const packetsPerTurn = 16;

export interface GssStreamOptions {
  /** Complete; the stream closes it. */
  readonly context: GssContext;
  /** Bytes of a message that fit into a packet. */
  readonly messageLength: number;
  /** What has been read of the socket already: it is sealed. */
  readonly early: Buffer;
  /** Hears why the stream was broken off, if a packet was to blame. */
  readonly report: (fault: LoggedFault) => void;
}

/**
 * A connection with GSSAPI encryption, over the one that carries it: both ways packets of no more than 16 kB, each sealed
 * (manual, 54.2.12). A packet that cannot be opened ends it without a word, since whoever sent it is not the client.
 *
 * No more is read of the socket than somebody takes: at most one chunk of it and one packet lie here. Its end, which
 * nothing seals, is passed on as it comes, as by PostgreSQL.
 */
export class GssStream extends Duplex {
  readonly #socket: Socket;
  readonly #context: GssContext;
  readonly #messageLength: number;
  readonly #report: (fault: LoggedFault) => void;
  readonly #received: ByteQueue = new ByteQueue();
  /** The socket has no more. */
  #ended = false;
  /** Somebody takes what is pushed. */
  #wanted = false;

  constructor(socket: Socket, { context, messageLength, early, report }: GssStreamOptions) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#context = context;
    this.#messageLength = messageLength;
    this.#report = report;
    this.#received.push(early);
    socket.pause();
    socket.on("data", (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#open();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#open();
    });
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.#leave());
    this.on("error", ignore); // whoever reads hears of it too; this keeps the process alive
    if (socket.readableEnded) this.#ended = true;
    if (socket.destroyed) this.destroy();
  }

  /** As of a socket: closes when what was written has gone out. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  override _read(): void {
    this.#wanted = true;
    this.#open();
  }

  override _write(message: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#seal(message, 0, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) done();
    else this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    this.#context.close();
    done(error);
  }

  /** Opens the packets that have come, for as long as somebody takes what is in them. */
  #open(): void {
    try {
      while (this.#wanted && !this.destroyed) {
        const packet = this.#nextPacket();
        if (packet === null) break;
        const message = opened(this.#context.unwrap(packet));
        if (message.length > 0 && !this.push(message)) this.#wanted = false;
      }
    } catch (error) {
      this.#breakOff(error);
      return;
    }
    if (this.destroyed) return;
    if (!this.#wanted) this.#socket.pause();
    else if (!this.#ended) this.#socket.resume();
    else {
      this.#wanted = false;
      this.push(null);
    }
  }

  /** Null: it is not all there. */
  #nextPacket(): Buffer | null {
    const received = this.#received;
    if (received.length < headLength) return null;
    const length = checkedLength(received.peek(headLength), longestPacket);
    if (received.length < headLength + length) return null;
    return received.take(headLength + length).subarray(headLength);
  }

  #seal(message: Buffer, from: number, done: (error?: Error | null) => void): void {
    if (this.destroyed) {
      done();
      return;
    }
    const upTo = Math.min(message.length, from + packetsPerTurn * this.#messageLength);
    const packets: Buffer[] = [];
    try {
      for (let at = from; at < upTo; at += this.#messageLength) {
        const piece = message.subarray(at, Math.min(upTo, at + this.#messageLength));
        packets.push(packetOf(sealed(this.#context.wrap(piece)), longestPacket));
      }
    } catch (error) {
      this.#breakOff(error);
      done();
      return;
    }
    const next = (): void => {
      if (upTo < message.length) setImmediate(() => this.#seal(message, upTo, done));
      else done();
    };
    this.#socket.write(Buffer.concat(packets), (error) => (error ? done(error) : next()));
  }

  #breakOff(error: unknown): void {
    if (error instanceof GssFailure) {
      this.#report(error.fault);
      this.destroy();
    } else this.destroy(error instanceof Error ? error : new Error(String(error)));
  }

  /** The socket is closed: what it has brought may still be read, unless it broke off. */
  #leave(): void {
    if (!this.#ended || !this.writableFinished) this.destroy();
  }
}

/** @throws {GssFailure} */
function opened(message: Sealed): Buffer {
  if ("status" in message) throw new GssFailure("GSSAPI unwrap error", message.status);
  if (!message.confidential) throw new GssFailure("incoming GSSAPI message did not use confidentiality");
  return message.bytes;
}

/** @throws {GssFailure} */
function sealed(message: Sealed): Buffer {
  if ("status" in message) throw new GssFailure("GSSAPI wrap error", message.status);
  if (!message.confidential) throw new GssFailure("outgoing GSSAPI message would not use confidentiality");
  return message.bytes;
}

function ignore(): void {
  // The stages that read from the stream see its errors; nothing is left to do here.
}
