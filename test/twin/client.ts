import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  decodeAuthentication,
  encodeGssencRequest,
  encodeQuery,
  encodeSslRequest,
  encodeStartupPacket,
  encodeTerminate,
  MessageReader,
  toBuffer,
  WireError,
} from "@sallyport/wire";
import type { Message } from "@sallyport/wire";
import type { LoginAttempt } from "@sallyport/testkit";
import { answerTo, startAnswers } from "./answers.ts";
import type { Answers } from "./answers.ts";
import type { Twin } from "./twins.ts";

/** What a client saw, in order: bytes that are no message, messages, and how it ended. */
export type Seen =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "end"; readonly how: "closed" | "nothing for too long" };

export interface Conversation {
  readonly seen: readonly Seen[];
  /** For finding the connection in the log; null: a Unix-domain socket has none. */
  readonly localPort: number | null;
}

/** Nobody may take longer; whoever does is reported as such. */
const within = 30_000;

/** Makes one connection exactly as the attempt says, and leaves as soon as a session stands or nothing more comes. */
export async function converse(twin: Twin, attempt: LoginAttempt): Promise<Conversation> {
  const socket = dial(twin, attempt);
  // After an early end our own words may meet a closed door; what was said before that has arrived.
  socket.on("error", () => undefined);
  const signal = AbortSignal.timeout(within);
  const seen: Seen[] = [];
  await once(socket, "connect", { signal });
  const { localPort = null } = socket;
  const reader = new MessageReader(socket);
  try {
    await talk(socket, reader, attempt, seen, signal);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const late = error.code === "timeout" || error.code === "aborted";
    // A server that closes with unread words of ours resets the connection: whether it does is a matter of timing.
    seen.push({ kind: "end", how: late ? "nothing for too long" : "closed" });
  } finally {
    reader.release();
    socket.destroy();
  }
  return { seen, localPort };
}

function dial({ unix, port }: Twin, { address, uid }: LoginAttempt): Socket {
  if (address !== null) {
    const host = address.includes(":") ? "::1" : "127.0.0.1";
    return connect({ host, port, localAddress: address, noDelay: true });
  }
  if (process.geteuid?.() !== 0) return connect(unix);
  // The kernel notes whose connection it is within connect(), which is called before connect returns.
  process.seteuid?.(uid);
  try {
    return connect(unix);
  } finally {
    process.seteuid?.(0);
  }
}

/** @throws {WireError} at the end of the connection, always */
async function talk(
  socket: Socket,
  reader: MessageReader,
  attempt: LoginAttempt,
  seen: Seen[],
  signal: AbortSignal,
): Promise<void> {
  const say = async (bytes: Buffer): Promise<void> => await sendIn(socket, bytes, attempt.pieces);
  const opening = openingOf(attempt);
  const requests = attempt.requests.map((one) =>
    one === "ssl" ? encodeSslRequest() : encodeGssencRequest(),
  );
  if (attempt.pipelined) await say(Buffer.concat([...requests, opening]));
  for (const request of requests) {
    if (!attempt.pipelined) await say(request);
    const [first = 0] = await reader.peek(1, signal);
    if (first === "E".charCodeAt(0)) break;
    seen.push({ kind: "bytes", bytes: await reader.readBytes(1, signal) });
  }
  if (!attempt.pipelined) await say(opening);
  if (attempt.opening !== null) socket.end();
  // A version before 3 is answered with an error of that time, which is no message; then the end.
  if (isOldError(await reader.peek(5, signal))) await readToEnd(reader, seen, signal);
  await readMessages(socket, reader, startAnswers(attempt), seen, signal);
}

/** In pieces that arrive one by one, if not as small as would take long. */
async function sendIn(socket: Socket, bytes: Buffer, pieces: number | null): Promise<void> {
  const size = Math.max(pieces ?? Infinity, Math.ceil(bytes.length / 200), 1);
  for (let at = 0; at < bytes.length; at += size) {
    if (at > 0) await nextTurn();
    if (socket.writable) socket.write(bytes.subarray(at, at + size));
  }
}

function openingOf({ opening, pairs, protocol: [major, minor] }: LoginAttempt): Buffer {
  return opening === null ? encodeStartupPacket(pairs, { major, minor }) : toBuffer(opening);
}

function isOldError(head: Buffer): boolean {
  return head.toString("latin1") === "EFATA";
}

/** @throws {WireError} always */
async function readToEnd(reader: MessageReader, seen: Seen[], signal: AbortSignal): Promise<never> {
  try {
    for (;;) await reader.more(signal);
  } catch (error) {
    seen.push({ kind: "bytes", bytes: await reader.readBytes(reader.buffered, signal) });
    throw error;
  }
}

/** @throws {WireError} at the end of the connection, always */
async function readMessages(
  socket: Socket,
  reader: MessageReader,
  answers: Answers,
  seen: Seen[],
  signal: AbortSignal,
): Promise<never> {
  let ready = 0;
  for (;;) {
    const message = await reader.readMessage(1_000_000, signal);
    seen.push({ kind: "message", message });
    if (message.type === "R") {
      const answer = await answerTo(answers, decodeAuthentication(message.body));
      if (answer === null || !socket.writable) continue;
      await sendIn(socket, answer.bytes, answers.attempt.pieces);
      if (answer.leaves) socket.end();
    } else if (message.type === "Z") {
      ready += 1;
      if (socket.writable)
        socket.write(ready === 1 ? encodeQuery(whoAmI(answers.attempt)) : encodeTerminate());
    }
  }
}

/** What shows that the session is the one that was asked for. A physical walsender runs no SQL, but knows SHOW. */
function whoAmI({ pairs }: LoginAttempt): string {
  const replication = pairs.findLast(([name]) => name === "replication")?.[1] ?? "false";
  if (!["false", "database"].includes(replication)) return "SHOW application_name";
  return `select session_user, current_user, current_database(), current_setting('application_name'),
    current_setting('search_path'), current_setting('statement_timeout'), current_setting('work_mem'),
    current_setting('lock_timeout'), current_setting('client_encoding'), current_setting('my.own', true)`;
}
