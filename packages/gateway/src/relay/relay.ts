import type { Socket } from "node:net";
import { decodeErrorFields } from "@sallyport/wire";
import type { ClientStream } from "../doorstep/client-stream.ts";
import { farewell } from "./farewell.ts";
import { MessageWalk } from "./message-walk.ts";

/** How a session ended. */
export type RelayEnd =
  /** One side said goodbye, or the client left. */
  | { readonly by: "parting" }
  /** The upstream was gone without a word. */
  | { readonly by: "loss"; readonly reason: string }
  /** Somebody told us to end it. */
  | { readonly by: "us" };

/** What is held back of a message until all of it is there; larger ones pass as they come. */
const largestHeld = 64 * 1024;

/** Milliseconds for the upstream to close when nobody is left who would hear it, and for a client to hear that we end. */
const usualPatience = 5000;

/** Milliseconds for a client to read what the upstream said before it went. */
const readWithin = 60_000;

/**
 * Passes bytes both ways until either side is done: what one side writes waits while the other is slow, an end is
 * passed on behind the bytes before it, and a broken side takes the other with it.
 *
 * Towards the client only whole messages pass, but for large ones: so there is a place for a last word when the
 * upstream is lost or the session has to end.
 */
export class Relay {
  /** Resolves when the upstream is closed and the client has been told. */
  readonly ended: Promise<RelayEnd>;
  readonly #client: ClientStream;
  readonly #upstream: Socket;
  /** What a client hears whose upstream is gone. */
  readonly #lossWord: Buffer;
  readonly #patience: number;
  readonly #said: MessageWalk = new MessageWalk();
  readonly #heard: MessageWalk = new MessageWalk();
  #held: Buffer[] = [];
  #heldLength = 0;
  /** Some of a message has passed whose end is still to come. */
  #cut = false;
  /** Messages that wait for their ReadyForQuery. */
  #open = 0;
  /** The client has asked for something since nothing was open. */
  #asked = false;
  #saidGoodbye = false;
  #heardLastWord = false;
  #end: RelayEnd | null = null;
  #resolve: (end: RelayEnd) => void = () => undefined;

  constructor(client: ClientStream, upstream: Socket, lossWord: Buffer, patience: number = usualPatience) {
    this.#client = client;
    this.#upstream = upstream;
    this.#lossWord = lossWord;
    this.#patience = patience;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The upstream is at work for the client, or may be. */
  get busy(): boolean {
    return this.#asked || !this.#said.atBoundary;
  }

  /** @param fromClient,fromUpstream what has been read of either side and not been passed on */
  start(fromClient: Buffer, fromUpstream: Buffer): void {
    const [client, upstream] = [this.#client, this.#upstream];
    upstream.on("data", (chunk: Buffer) => this.#hear(chunk));
    upstream.on("drain", () => client.resume());
    upstream.on("end", () => this.#lose("The upstream closed the connection."));
    upstream.on("error", (error) => this.#lose(`The connection to the upstream broke: ${error.message}`));
    upstream.on("close", () => this.#lose("The connection to the upstream was closed."));
    client.on("data", (chunk: Buffer) => this.#say(chunk));
    client.on("drain", () => upstream.resume());
    client.on("end", () => this.#part(() => upstream.end()));
    client.on("close", () =>
      this.#part(() => (client.readableEnded ? upstream.destroySoon() : upstream.destroy())),
    );
    if (fromUpstream.length > 0) this.#hear(fromUpstream);
    if (fromClient.length > 0) this.#say(fromClient);
    // What happened while the other side was being opened has no event to come any more.
    if (upstream.destroyed || upstream.readableEnded) this.#lose("The upstream closed the connection.");
    if (client.destroyed) this.#part(() => upstream.destroy());
    else if (client.readableEnded) this.#part(() => upstream.end());
    upstream.resume();
    client.resume();
  }

  /** Ends the session with a last word, if there is a place for one. False: it had ended by itself. */
  terminate(word: Buffer): boolean {
    this.#hurry(this.#patience);
    if (this.#end) return false;
    this.#end = { by: "us" };
    if (this.#said.atBoundary) this.#upstream.end(terminate);
    else this.#upstream.end();
    void this.#conclude(word);
    return true;
  }

  /** Whoever does not read is not waited for. */
  #hurry(milliseconds: number): void {
    const timer = setTimeout(() => this.#client.destroy(), milliseconds);
    if (this.#client.closed) clearTimeout(timer);
    else this.#client.once("close", () => clearTimeout(timer));
  }

  #say(chunk: Buffer): void {
    this.#said.walk(chunk, (type) => {
      this.#asked = true;
      if (type === "Q" || type === "S" || type === "F") this.#open += 1;
      else if (type === "X") this.#saidGoodbye = true;
    });
    if (this.#upstream.writable && !this.#upstream.write(chunk)) this.#client.pause();
  }

  #hear(chunk: Buffer): void {
    if (this.#end) return;
    const boundary = this.#heard.walk(chunk, (type, start, end) => {
      if (type === "Z") this.#answered();
      this.#heardLastWord = (type === "E" || type === "N") && this.#isLastWord(chunk, start, end);
    });
    const upTo = this.#heard.lost ? chunk.length : boundary;
    if (upTo > 0) {
      this.#pass(chunk.subarray(0, upTo));
      this.#cut = this.#heard.lost;
    }
    if (upTo < chunk.length) this.#hold(upTo === 0 ? chunk : chunk.subarray(upTo));
  }

  #answered(): void {
    this.#open = Math.max(0, this.#open - 1);
    if (this.#open === 0) this.#asked = false;
  }

  /** The session ends with such an error, or with the notice of a server that is shut down at once or has crashed. */
  #isLastWord(chunk: Buffer, start: number, end: number): boolean {
    if (start < 0 && this.#cut) return false;
    const message =
      start < 0 ? Buffer.concat([...this.#held, chunk.subarray(0, end)]) : chunk.subarray(start, end);
    return isLastWord(message.subarray(5));
  }

  #hold(rest: Buffer): void {
    if (this.#cut || this.#heldLength + rest.length > largestHeld) {
      this.#pass(rest);
      this.#cut = true;
    } else {
      this.#held.push(rest);
      this.#heldLength += rest.length;
    }
  }

  #pass(bytes: Buffer): void {
    const client = this.#client;
    if (!client.writable) return;
    if (this.#held.length > 0) {
      client.cork();
      process.nextTick(() => client.uncork());
      for (const piece of this.#held) client.write(piece);
      this.#held = [];
      this.#heldLength = 0;
    }
    if (!client.write(bytes)) this.#upstream.pause();
  }

  /** The client is done: the upstream may finish what it was told before, and then hears so. */
  #part(pass: () => void): void {
    this.#saidGoodbye = true;
    pass();
    if (this.#client.destroyed) setTimeout(() => this.#upstream.destroy(), this.#patience).unref();
  }

  /** The upstream is done. If nobody said so, the client is told. */
  #lose(reason: string): void {
    if (this.#end) return;
    const expected = this.#saidGoodbye || this.#heardLastWord;
    this.#end = expected ? { by: "parting" } : { by: "loss", reason };
    this.#hurry(readWithin);
    this.#upstream.destroySoon();
    void this.#conclude(expected ? nothing : this.#lossWord);
  }

  async #conclude(word: Buffer): Promise<void> {
    const end = this.#end ?? { by: "parting" };
    // What it still says is for nobody, but its end shows only behind it.
    this.#upstream.resume();
    const closed = closing(this.#upstream, this.#patience);
    const placeForWords = !this.#cut && !this.#heard.lost;
    await farewell(this.#client, placeForWords ? word : nothing);
    await closed;
    this.#resolve(end);
  }
}

const nothing = Buffer.of();

/** Terminate, as a client says it. */
const terminate = Buffer.from("X\0\0\0\x04", "latin1");

function isLastWord(body: Buffer): boolean {
  try {
    const fields = decodeErrorFields(body);
    return fields.some(
      ({ type, value }) =>
        (type === "V" && (value === "FATAL" || value === "PANIC")) ||
        (type === "C" && (value === "57P01" || value === "57P02")),
    );
  } catch {
    return false; // not of a PostgreSQL
  }
}

async function closing(socket: Socket, patience: number): Promise<void> {
  if (socket.closed) return;
  const timer = setTimeout(() => socket.destroy(), patience);
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  clearTimeout(timer);
}
