import { connect } from "node:net";
import type { Socket } from "node:net";
import { gssClient } from "@sallyport/testkit";
import type { GssClient, GssClientOptions } from "@sallyport/testkit";
import { encodeGssencRequest, encodeStartupPacket, MessageReader, WireError } from "@sallyport/wire";
import { wordsOf } from "../attacks/conversation.ts";

/** A packet of a connection with GSSAPI encryption; `announced` in its length word, if that lies. */
export function packet(content: Uint8Array, announced: number = content.length): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(announced);
  return Buffer.concat([head, content]);
}

export const startup = (user: string): Buffer =>
  encodeStartupPacket([
    ["user", user],
    ["database", "shop"],
  ]);

/** A connection that a test speaks by hand. */
export interface Talk extends Disposable {
  readonly socket: Socket;
  readonly say: (bytes: Uint8Array) => void;
  /** So many bytes; null: the other side closed before. */
  readonly hear: (length: number) => Promise<Buffer | null>;
  /** What follows a length word. */
  readonly hearPacket: () => Promise<Buffer | null>;
  /** All until the other side closes, which it has to. */
  readonly hearOut: () => Promise<Buffer>;
  /** Nothing comes, and nobody closes, for a moment. */
  readonly isSilent: () => Promise<boolean>;
}

export function talkTo(port: number): Talk {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
  const reader = new MessageReader(socket);
  const hear = async (length: number): Promise<Buffer | null> => {
    try {
      return await reader.readBytes(length, AbortSignal.timeout(30_000));
    } catch (error) {
      if (error instanceof WireError && ["peer_closed", "socket_failed"].includes(error.code)) return null;
      throw error;
    }
  };
  return {
    socket,
    say: (bytes) => void socket.write(bytes),
    hear,
    hearPacket: async () => {
      const head = await hear(4);
      return head && (await hear(head.readUInt32BE(0)));
    },
    hearOut: async () => {
      const heard: Buffer[] = [];
      for (let byte = await hear(1); byte !== null; byte = await hear(1)) heard.push(byte);
      return Buffer.concat(heard);
    },
    isSilent: async () => {
      const more = reader.more(AbortSignal.timeout(200));
      return await more.then(
        () => false,
        (error: unknown) => error instanceof WireError && error.code === "timeout",
      );
    },
    [Symbol.dispose]: () => {
      reader.release();
      socket.on("error", () => undefined);
      socket.destroy();
    },
  };
}

/** A connection that has GSSAPI encryption. */
export interface SealedTalk extends Talk {
  readonly client: GssClient;
  /** Seals it, into one packet. */
  readonly saySealed: (bytes: Buffer) => void;
  /** What the next packet holds; null: the other side closed before. */
  readonly hearSealed: () => Promise<Buffer | null>;
}

/** @param stuffed what is sent right behind the request */
export async function sealedTalkTo(
  port: number,
  options: GssClientOptions,
  stuffed: Buffer = Buffer.of(),
): Promise<SealedTalk> {
  const talk = talkTo(port);
  const client = await gssClient(options);
  talk.say(Buffer.concat([encodeGssencRequest(), stuffed]));
  const granted = await talk.hear(1);
  if (granted?.toString() !== "G")
    throw new Error(`GSSAPI encryption is not granted: ${granted?.toString()}`);
  talk.say(packet(client.step(null)));
  const answer = await talk.hearPacket();
  if (answer === null) throw new Error("the token is not accepted");
  client.step(answer);
  return {
    ...talk,
    client,
    saySealed: (bytes) => talk.say(packet(client.wrap(bytes))),
    hearSealed: async () => {
      const sealed = await talk.hearPacket();
      return sealed && client.unwrap(sealed);
    },
    [Symbol.dispose]: () => {
      talk[Symbol.dispose]();
      client[Symbol.dispose]();
    },
  };
}

/** SQLSTATE, message, DETAIL and HINT of a message that is an error; else its type. */
export function outline(message: Buffer | null): readonly string[] {
  if (message === null) return ["closed"];
  const type = message.toString("latin1", 0, 1);
  if (type !== "E") return [type];
  return [type, ...wordsOf(message.subarray(5))];
}

/** Says it in answer to `AuthenticationGSS`, and tells the messages that come back. */
export async function answerGss(port: number, bytes: Buffer, end = false): Promise<readonly string[]> {
  using talk = talkTo(port);
  talk.say(startup("app"));
  await talk.hear(9);
  talk.say(bytes);
  if (end) talk.socket.end();
  const heard: string[] = [];
  for (;;) {
    const head = await talk.hear(5);
    if (head === null) return heard;
    const body = (await talk.hear(head.readInt32BE(1) - 4)) ?? Buffer.of();
    const type = head.toString("latin1", 0, 1);
    heard.push(type === "R" ? `R ${body.readInt32BE(0)}` : outline(Buffer.concat([head, body])).join("|"));
    if (type === "Z") return heard;
  }
}
