import type { Socket } from "node:net";
import { DirectSocket, encodeTerminate } from "@sallyport/wire";
import type { ParameterStatus, Sink } from "@sallyport/wire";
import type { ClientStream } from "../doorstep/client-stream.ts";
import { Answers } from "./answers.ts";
import { Conversation } from "./conversation.ts";
import { farewell, hangUp } from "./farewell.ts";
import { Requests } from "./requests.ts";

/** How a session ended. */
export type RelayEnd =
  /** One side said goodbye, or the client left; `kept`: the upstream is open, at rest, and the caller's. */
  | { readonly by: "parting"; readonly kept: boolean }
  /** The upstream was gone without a word. */
  | { readonly by: "loss"; readonly reason: string }
  /** Somebody told us to end it. */
  | { readonly by: "us" };

export interface RelayOptions {
  /** What a client hears whose upstream is gone. */
  readonly lossWord: Buffer;
  /**
   * Milliseconds for the upstream to close when nobody is left who would hear it, and for a client to hear that we
   * end; 5000 by default.
   */
  readonly patience?: number;
  /** A client that leaves an upstream at rest leaves it open, and its goodbye is not passed on; false by default. */
  readonly keepUpstream?: boolean;
  /** Called for every parameter that the upstream reports. */
  readonly onReport?: (parameter: ParameterStatus) => void;
}

const usualPatience = 5000;

/** Milliseconds for a client to read what the upstream said before it went. */
const readWithin = 60_000;

/**
 * Passes bytes both ways until either side is done: what one side writes waits while the other is slow, an end is
 * passed on behind the bytes before it, and a broken side takes the other with it.
 */
export class Relay {
  /** Resolves when the upstream is closed, or kept, and the client has been told. */
  readonly ended: Promise<RelayEnd>;
  readonly #client: ClientStream;
  readonly #upstream: Socket;
  readonly #lossWord: Buffer;
  readonly #patience: number;
  readonly #keepUpstream: boolean;
  readonly #conversation: Conversation = new Conversation();
  readonly #requests: Requests;
  readonly #answers: Answers;
  #end: RelayEnd | null = null;
  #resolve: (end: RelayEnd) => void = () => undefined;

  constructor(client: ClientStream, upstream: Socket, options: RelayOptions) {
    const { lossWord, patience = usualPatience, keepUpstream = false, onReport } = options;
    this.#client = client;
    this.#upstream = upstream;
    this.#lossWord = lossWord;
    this.#patience = patience;
    this.#keepUpstream = keepUpstream;
    const onGoodbye = keepUpstream ? () => this.#keep() : null;
    this.#requests = new Requests(upstream, this.#conversation, onGoodbye);
    this.#answers = new Answers(client, this.#conversation, onReport);
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The upstream is at work for the client, or may be. */
  get busy(): boolean {
    return this.#conversation.busy || !this.#requests.atBoundary;
  }

  /** @param fromClient,fromUpstream what has been read of either side and not been passed on */
  start(fromClient: Buffer, fromUpstream: Buffer): void {
    const [client, upstream] = [this.#client, this.#upstream];
    upstream.on("drain", this.#onUpstreamDrain);
    upstream.on("end", this.#onUpstreamEnd);
    upstream.on("error", this.#onUpstreamError);
    upstream.on("close", this.#onUpstreamClose);
    client.on("drain", this.#onClientDrain);
    client.on("end", this.#onClientEnd);
    client.on("close", this.#onClientClose);
    if (fromUpstream.length > 0) this.#hear(fromUpstream);
    if (fromClient.length > 0) this.#say(fromClient);
    // It said goodbye by then, and the upstream is not ours any more.
    if (this.#end) return;
    divert(upstream, this.#hear);
    divert(client, this.#say);
    // What happened while the other side was being opened has no event to come any more.
    if (upstream.destroyed || upstream.readableEnded) this.#onUpstreamEnd();
    if (client.destroyed) this.#part(() => upstream.destroy());
    else if (client.readableEnded) this.#onClientEnd();
    if (this.#end) return;
    upstream.resume();
    client.resume();
  }

  /** Ends the session with a last word, if there is a place for one. False: it had ended by itself. */
  terminate(word: Buffer): boolean {
    this.#hurry(this.#patience);
    if (this.#end) return false;
    this.#end = { by: "us" };
    if (this.#requests.atBoundary) this.#upstream.end(terminate);
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

  readonly #say = (chunk: Buffer): boolean => {
    if (this.#end) return true;
    this.#requests.say(chunk);
    return this.#hasTaken(this.#upstream, this.#client);
  };

  readonly #hear = (chunk: Buffer): boolean => {
    if (this.#end) return true;
    this.#answers.hear(chunk);
    return this.#hasTaken(this.#client, this.#upstream);
  };

  /** Whether the system has all that was written; if it has much less, the other side waits. */
  #hasTaken(writer: ClientStream, reader: ClientStream): boolean {
    if (writer.writableLength === 0) return true;
    if (writer.writableNeedDrain) reader.pause();
    return false;
  }

  readonly #onUpstreamDrain = (): void => {
    this.#client.resume();
  };

  readonly #onClientDrain = (): void => {
    this.#upstream.resume();
  };

  readonly #onClientEnd = (): void => {
    this.#part(() => this.#upstream.end());
  };

  readonly #onClientClose = (): void => {
    const upstream = this.#upstream;
    this.#part(() => (this.#client.readableEnded ? upstream.destroySoon() : upstream.destroy()));
  };

  readonly #onUpstreamEnd = (): void => this.#lose("The upstream closed the connection.");

  readonly #onUpstreamError = (error: Error): void =>
    this.#lose(`The connection to the upstream broke: ${error.message}`);

  readonly #onUpstreamClose = (): void => this.#lose("The connection to the upstream was closed.");

  /** The client is done: the upstream may finish what it was told before, and then hears so. */
  #part(pass: () => void): void {
    if (this.#end || (this.#keepUpstream && this.#requests.atBoundary && this.#keep())) return;
    this.#requests.leave();
    pass();
    if (this.#client.destroyed) setTimeout(() => this.#upstream.destroy(), this.#patience).unref();
  }

  /** The client says goodbye, or is gone. False: the upstream is not at rest. */
  #keep(): boolean {
    const upstream = this.#upstream;
    const { atBoundary, heardLastWord, isReported } = this.#answers;
    const isQuiet = this.#conversation.atRest && atBoundary && !heardLastWord && isReported;
    const isOpen = upstream.writable && upstream.readable && upstream.writableLength === 0;
    if (this.#end || !isQuiet || !isOpen) return false;
    upstream.pause();
    restore(upstream, this.#hear);
    upstream.off("drain", this.#onUpstreamDrain);
    upstream.off("end", this.#onUpstreamEnd);
    upstream.off("error", this.#onUpstreamError);
    upstream.off("close", this.#onUpstreamClose);
    this.#client.off("drain", this.#onClientDrain);
    this.#end = { by: "parting", kept: true };
    if (this.#client.writableLength > 0) this.#hurry(this.#patience);
    hangUp(this.#client);
    this.#resolve(this.#end);
    return true;
  }

  /** The upstream is done. If nobody said so, the client is told. */
  #lose(reason: string): void {
    if (this.#end) return;
    const expected = this.#requests.saidGoodbye || this.#answers.heardLastWord;
    this.#end = expected ? { by: "parting", kept: false } : { by: "loss", reason };
    this.#hurry(readWithin);
    this.#upstream.destroySoon();
    void this.#conclude(expected ? nothing : this.#lossWord);
  }

  async #conclude(word: Buffer): Promise<void> {
    const end = this.#end ?? { by: "parting", kept: false };
    // What it still says is for nobody, but its end shows only behind it.
    this.#upstream.resume();
    const closed = closing(this.#upstream, this.#patience);
    await farewell(this.#client, this.#answers.havePlaceForWords ? word : nothing);
    await closed;
    this.#resolve(end);
  }
}

const nothing = Buffer.of();

const terminate = encodeTerminate();

/** Has the sink take all that comes from now on. */
function divert(stream: ClientStream, sink: Sink): void {
  if (stream instanceof DirectSocket) stream.divert(sink);
  else stream.on("data", sink);
}

function restore(stream: ClientStream, sink: Sink): void {
  if (stream instanceof DirectSocket) stream.restore();
  else stream.off("data", sink);
}

async function closing(socket: Socket, patience: number): Promise<void> {
  if (socket.closed) return;
  const timer = setTimeout(() => socket.destroy(), patience);
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  clearTimeout(timer);
}
