import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import {
  decodeAuthentication,
  decodeErrorFields,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeStartupPacket,
  MessageReader,
  startScramClient,
  WireError,
} from "@sallyport/wire";
import type { Message } from "@sallyport/wire";

/** A door: of a gate, or of a PostgreSQL server. */
export type Target =
  | { readonly host: string; readonly port: number; readonly localAddress?: string }
  | { readonly path: string };

export interface Login {
  readonly user: string;
  readonly database?: string;
  readonly password?: string;
  readonly parameters?: readonly (readonly [name: string, value: string])[];
}

/** A message as the client saw it. */
export interface Reply {
  /** `R 10`, `E`, `S`, …: authentication requests with their number. */
  readonly kind: string;
  /** Of the whole message. */
  readonly length: number;
  readonly body: Buffer;
  /** Of an error, its SQLSTATE, message, DETAIL and HINT; else empty. */
  readonly words: readonly string[];
}

/** A client that has logged in, or was refused. */
export interface LoggedIn {
  readonly socket: Socket;
  readonly reader: MessageReader;
  readonly replies: readonly Reply[];
}

/** Logs in by whatever is asked for, and notes each message up to ReadyForQuery or the end. */
export async function logIn(
  target: Target,
  login: Login,
  behindProof: Buffer = Buffer.alloc(0),
): Promise<LoggedIn> {
  const socket = connect(target);
  const reader = new MessageReader(socket);
  const { user, database = "shop", password = `${user}-secret`, parameters = [] } = login;
  socket.write(encodeStartupPacket([["user", user], ["database", database], ...parameters]));
  const scram = startScramClient({ password: Buffer.from(password), nonce: randomBytes(18) });
  const replies: Reply[] = [];
  for (;;) {
    const message = await messageOrEnd(reader);
    if (message === null) break;
    replies.push(replyOf(message));
    if (message.type === "Z" || message.type === "E") break;
    if (message.type !== "R") continue;
    const request = decodeAuthentication(message.body);
    if (request.kind === "sasl") {
      socket.write(encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from(scram.first)));
    } else if (request.kind === "sasl_continue") {
      const { message: final } = await scram.final(request.data.toString());
      socket.write(Buffer.concat([encodeSaslResponse(Buffer.from(final)), behindProof]));
    }
  }
  return { socket, reader, replies };
}

/** Logs in, leaves, and tells what was said. */
export async function repliesTo(target: Target, login: Login): Promise<readonly Reply[]> {
  const { socket, reader, replies } = await logIn(target, login);
  reader.release();
  socket.destroy();
  return replies;
}

/** All that is still to come, until the other side closes. */
export async function repliesUntilEnd(reader: MessageReader): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for (;;) {
    const message = await messageOrEnd(reader);
    if (message === null) return replies;
    replies.push(replyOf(message));
  }
}

/** The kinds of messages in order, and the words of errors. */
export function heardIn(replies: readonly Reply[]): readonly (readonly string[])[] {
  return replies.map(({ kind, words }) => [kind].concat(words));
}

/** What a refusal looks like from outside: kinds and lengths of all messages, and the words of errors. */
export function outside(replies: readonly Reply[]): readonly string[] {
  return replies.map(({ kind, length, words }) => [kind, length, ...words].join(" | "));
}

/** The salt of a SCRAM exchange. */
export function saltOf(replies: readonly Reply[]): string {
  const challenge = replies.find(({ kind }) => kind === "R 11")?.body.toString() ?? "";
  const [, salt] = /,s=([^,]*),i=4096$/.exec(challenge) ?? [];
  if (salt === undefined) throw new Error("there was no SCRAM challenge");
  return salt;
}

/** Sends bytes and returns all that comes back until the other side closes. Our side stays open. */
export async function knock(target: Target, ...pieces: readonly Buffer[]): Promise<Buffer> {
  const socket = connect(target);
  const chunks: Buffer[] = [];
  socket.write(Buffer.concat(pieces));
  try {
    for await (const chunk of socket) chunks.push(chunk as Buffer);
  } catch (error) {
    // A server that closes with unread bytes of ours before it resets the connection.
    if (!(error instanceof Error && "code" in error && error.code === "ECONNRESET")) throw error;
  }
  return Buffer.concat(chunks);
}

/** An ErrorResponse among bytes that begin with it. */
export function errorIn(bytes: Buffer): readonly string[] {
  return bytes.toString("latin1", 0, 1) === "E" ? wordsOf(bytes.subarray(5)) : [];
}

function replyOf({ type, body }: Message): Reply {
  return {
    kind: type === "R" ? `R ${body.readInt32BE(0)}` : type,
    length: body.length + 5,
    body,
    words: type === "E" ? wordsOf(body) : [],
  };
}

function wordsOf(body: Buffer): readonly string[] {
  const fields = new Map(decodeErrorFields(body).map(({ type, value }) => [type, value]));
  return ["C", "M", "D", "H"].flatMap((type) => fields.get(type) ?? []);
}

async function messageOrEnd(reader: MessageReader): Promise<Message | null> {
  try {
    return await reader.readMessage(1_000_000, AbortSignal.timeout(20_000));
  } catch (error) {
    if (error instanceof WireError && (error.code === "peer_closed" || error.code === "socket_failed"))
      return null;
    throw error;
  }
}

/** Sends each piece when the one before has been answered with one byte; returns all that comes back. */
export async function conversation(target: Target, pieces: readonly Buffer[]): Promise<Buffer> {
  const socket = connect(target);
  const reader = new MessageReader(socket);
  const signal = AbortSignal.timeout(20_000);
  const answers: Buffer[] = [];
  for (const piece of pieces.slice(0, -1)) {
    socket.write(piece);
    answers.push(await reader.readBytes(1, signal));
  }
  socket.write(pieces.at(-1) ?? "");
  await reader.readBytes(1_000_000, signal).catch(() => undefined);
  answers.push(reader.release());
  socket.destroy();
  return Buffer.concat(answers);
}
