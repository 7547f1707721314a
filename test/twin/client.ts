import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import {
  decodeAuthentication,
  encodeGssencRequest,
  encodeQuery,
  encodeSslRequest,
  encodeStartupPacket,
  encodeTerminate,
  toBuffer,
  WireError,
} from "@sallyport/wire";
import type { Message } from "@sallyport/wire";
import type { LoginAttempt } from "@sallyport/testkit";
import { answerTo, startAnswers } from "./answers.ts";
import type { Answers } from "./answers.ts";
import { ClientLine } from "./line.ts";
import { tlsClient } from "./tls-client.ts";
import type { TlsClient } from "./tls-client.ts";
import type { Twin } from "./twins.ts";

/** What a client saw, in order: bytes that are no message, TLS that stands, messages, and how it ended. */
export type Seen =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "tls"; readonly words: string }
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
  const line = new ClientLine(socket, attempt.pieces);
  try {
    await talk(line, twin, attempt, seen, signal);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const late = error.code === "timeout" || error.code === "aborted";
    // A server that closes with unread words of ours resets the connection: whether it does is a matter of timing.
    seen.push({ kind: "end", how: late ? "nothing for too long" : "closed" });
    if (!late) await line.closed(signal);
  } finally {
    line.destroy();
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
  line: ClientLine,
  twin: Twin,
  attempt: LoginAttempt,
  seen: Seen[],
  signal: AbortSignal,
): Promise<void> {
  const { tls, pipelined } = attempt;
  const opening = openingOf(attempt);
  const requests = attempt.requests.map((one) =>
    one === "ssl" ? encodeSslRequest() : encodeGssencRequest(),
  );
  const client = tls && (await tlsClient(tls, twin.certificates?.clients));
  const hello = client ? helloOf(attempt, client) : Buffer.alloc(0);
  if (pipelined) await line.say(Buffer.concat([...requests, opening]));
  else if (client && tls?.direct) {
    await line.say(hello);
    await goOver(line, attempt, client, seen, signal);
  }
  for (const [at, request] of requests.entries()) {
    const eager = tls?.eager === true && at === attempt.requests.indexOf("ssl");
    if (!pipelined) await line.say(eager ? Buffer.concat([request, hello]) : request);
    const [first = 0] = await line.reader.peek(1, signal);
    if (first === "E".charCodeAt(0)) break;
    seen.push({ kind: "bytes", bytes: await line.reader.readBytes(1, signal) });
    if (first !== "S".charCodeAt(0) || line.tls !== null) continue;
    // Whoever does not begin TLS now, or has said all that he has to say, is told so by it.
    if (pipelined || client === null) {
      if (!pipelined) await line.say(opening);
      await hearOut(line, signal);
    } else {
      if (!eager) await line.say(hello);
      await goOver(line, attempt, client, seen, signal);
    }
  }
  if (!pipelined) await line.say(opening);
  if (attempt.opening !== null) line.end();
  // A version before 3 is answered with an error of that time, which is no message; then the end.
  if (isOldError(await line.reader.peek(5, signal))) await readToEnd(line, seen, signal);
  await readMessages(line, startAnswers(attempt, line.endPoint), seen, signal);
}

function helloOf({ tls }: LoginAttempt, { hello }: TlsClient): Buffer {
  if (typeof tls?.broken === "string") return toBuffer(tls.broken);
  return tls?.broken == null ? hello : hello.subarray(0, tls.broken);
}

/** @throws {WireError} the handshake came to nothing */
async function goOver(
  line: ClientLine,
  { tls }: LoginAttempt,
  client: TlsClient,
  seen: Seen[],
  signal: AbortSignal,
): Promise<void> {
  if (tls?.broken != null) {
    line.end();
    await hearOut(line, signal);
  }
  seen.push({ kind: "tls", words: await line.secure(client, signal) });
}

/** To the end, whatever comes: alerts of TLS for one who does not speak it. @throws {WireError} always */
async function hearOut({ reader }: ClientLine, signal: AbortSignal): Promise<never> {
  for (;;) await reader.more(signal);
}

function openingOf({ opening, pairs, protocol: [major, minor] }: LoginAttempt): Buffer {
  return opening === null ? encodeStartupPacket(pairs, { major, minor }) : toBuffer(opening);
}

function isOldError(head: Buffer): boolean {
  return head.toString("latin1") === "EFATA";
}

/** @throws {WireError} always */
async function readToEnd({ reader }: ClientLine, seen: Seen[], signal: AbortSignal): Promise<never> {
  try {
    for (;;) await reader.more(signal);
  } catch (error) {
    seen.push({ kind: "bytes", bytes: await reader.readBytes(reader.buffered, signal) });
    throw error;
  }
}

/** @throws {WireError} at the end of the connection, always */
async function readMessages(
  line: ClientLine,
  answers: Answers,
  seen: Seen[],
  signal: AbortSignal,
): Promise<never> {
  let ready = 0;
  for (;;) {
    const message = await line.reader.readMessage(1_000_000, signal);
    seen.push({ kind: "message", message });
    if (message.type === "R") {
      const answer = await answerTo(answers, decodeAuthentication(message.body));
      if (answer === null) continue;
      await line.say(answer.bytes);
      if (answer.leaves) line.end();
    } else if (message.type === "Z") {
      ready += 1;
      await line.say(ready === 1 ? encodeQuery(whoAmI(answers.attempt)) : encodeTerminate());
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
