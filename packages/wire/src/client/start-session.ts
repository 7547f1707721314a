/** From a connected stream to the first ReadyForQuery. */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { FoundPassword } from "../conninfo/passfile.ts";
import { ServerError, WireError } from "../errors.ts";
import { MessageReader } from "../frame/message-reader.ts";
import type { Message } from "../message/body.ts";
import { decodeAuthentication } from "../message/authentication.ts";
import { decodeErrorFields } from "../message/error-response.ts";
import type { Greeting } from "../message/greeting.ts";
import { decodeBackendKeyData, decodeParameterStatus, decodeReadyForQuery } from "../message/session.ts";
import type { BackendKey, ParameterStatus, TransactionStatus } from "../message/session.ts";
import { encodeStartupPacket } from "../message/startup.ts";
import { ClientAuthentication } from "./authenticate.ts";
import type { ClientChannelBinding } from "./channel-binding.ts";
import { ignoreError } from "./ignore-error.ts";
import { refuseOldError } from "./old-error.ts";
import { orAborted } from "../frame/or-aborted.ts";
import type { Proof } from "./proof.ts";
import { parseRequireAuth } from "./require-auth.ts";
import type { AuthRequirement } from "./require-auth.ts";

/** Who to be on the server. Texts are byte strings and go out as they are. */
export interface SessionRequest {
  readonly user: string;
  /** Empty only for physical replication, where the server wants none. */
  readonly database: string;
  /** Startup parameters beside user and database, in the order to send them; `replication` and `options` included. */
  readonly parameters?: readonly (readonly [name: string, value: string])[];
  /** Called once at most, and only when the server asks for a password; by default there is none. */
  readonly findPassword?: () => Promise<FoundPassword>;
  /** What we may log in with in place of a password: then `findPassword` is not called. Null: nothing. */
  readonly proof?: Proof | null | undefined;
  /** Whether the password in a proof may be made use of on this connection. */
  readonly isPrivate?: boolean;
  /** What the server may ask of us; anything by default, as in libpq. */
  readonly requireAuth?: AuthRequirement;
  /** What SCRAM is bound to; by default there is nothing, and nobody asks for it. */
  readonly channelBinding?: ClientChannelBinding;
  /** Why a certificate of ours that had to be shown was not, in libpq's words: then nobody lets us in. */
  readonly lacksCertificate?: string | null;
  /** Random bytes; the system's by default. */
  readonly random?: (length: number) => Buffer;
}

/** A session that is ready for its first query. Nobody listens to the stream; one listener on `error` keeps the process alive. */
export interface Session<Stream extends Duplex = Duplex> {
  readonly stream: Stream;
  /** In the server's order. */
  readonly parameters: readonly ParameterStatus[];
  /** null if the server sent none. */
  readonly backendKey: BackendKey | null;
  /** All that the server said behind AuthenticationOk, in its order. */
  readonly greetings: readonly Greeting[];
  readonly status: TransactionStatus;
  /** What was received behind ReadyForQuery. */
  readonly rest: Buffer;
}

/** Caps on the length of one message before ReadyForQuery, of an authentication request as libpq has it, and on all together. */
const MAX_MESSAGE = 65_536;
const MAX_AUTHENTICATION_REQUEST = 2000;
const MAX_TOTAL = 1_048_576;

/**
 * Sends a startup packet (protocol 3.0), authenticates, and reads up to ReadyForQuery.
 * On failure the stream is destroyed.
 *
 * @throws {ServerError} the server refused, in its own words
 * @throws {WireError}
 */
export async function startSession<Stream extends Duplex>(
  stream: Stream,
  request: SessionRequest,
  signal?: AbortSignal,
): Promise<Session<Stream>> {
  stream.off("error", ignoreError);
  stream.on("error", ignoreError);
  const reader = new MessageReader(stream);
  try {
    const { user, database, parameters = [] } = request;
    // A server takes the user's name for the database by itself; two names may be more than a packet holds.
    const implied = database === "" || database === user;
    const databasePair = implied ? [] : [["database", database] as const];
    stream.write(encodeStartupPacket([["user", user], ...databasePair, ...parameters]));
    const state = await readToReady(stream, reader, request, signal);
    return { stream, ...state, rest: reader.release() };
  } catch (error) {
    reader.release();
    stream.destroy();
    throw error;
  }
}

async function readToReady(
  stream: Duplex,
  reader: MessageReader,
  request: SessionRequest,
  signal: AbortSignal | undefined,
): Promise<Omit<Session, "stream" | "rest">> {
  const authentication = new ClientAuthentication({
    user: request.user,
    findPassword: request.findPassword ?? noPassword,
    requireAuth: request.requireAuth ?? parseRequireAuth(""),
    proof: request.proof,
    isPrivate: request.isPrivate ?? false,
    channelBinding: request.channelBinding ?? { mode: "prefer", serverCertificate: null },
    lacksCertificate: request.lacksCertificate ?? null,
    random: request.random ?? randomBytes,
  });
  const parameters: ParameterStatus[] = [];
  const greetings: Greeting[] = [];
  let backendKey: BackendKey | null = null;
  let authenticated = false;
  let total = 0;
  await refuseOldError(reader, signal);
  for (;;) {
    const message = await reader.readMessage(maxLength, signal);
    total += message.body.length + 5;
    if (total > MAX_TOTAL) {
      throw new WireError("message_too_long", `more than ${MAX_TOTAL} bytes before the session was ready`);
    }
    if (message.type === "E") {
      throw new ServerError(decodeErrorFields(message.body), authenticated, greetings);
    }
    if (message.type === "N") {
      const fields = decodeErrorFields(message.body);
      if (authenticated) greetings.push({ kind: "notice", fields });
    } else if (!authenticated) {
      const asked = authenticationRequest(message);
      const answer = await orAborted(authentication.answer(asked), signal);
      if (answer !== null) {
        stream.write(answer);
      }
      authenticated = asked.kind === "ok";
    } else if (message.type === "S") {
      const parameter = decodeParameterStatus(message.body);
      parameters.push(parameter);
      greetings.push({ kind: "parameter", parameter });
    } else if (message.type === "K") {
      backendKey = decodeBackendKeyData(message.body);
      greetings.push({ kind: "key", key: backendKey });
    } else if (message.type === "Z") {
      return { parameters, backendKey, greetings, status: decodeReadyForQuery(message.body) };
    } else {
      throw unexpected(message);
    }
  }
}

function maxLength(type: string): number {
  return type === "R" ? MAX_AUTHENTICATION_REQUEST : MAX_MESSAGE;
}

async function noPassword(): Promise<FoundPassword> {
  return await Promise.resolve({ password: null, warning: null });
}

function authenticationRequest(message: Message): ReturnType<typeof decodeAuthentication> {
  if (message.type === "v") {
    // We ask for 3.0 and no options: there is nothing to negotiate.
    throw new WireError("not_supported", "the server does not speak protocol 3.0");
  }
  if (message.type !== "R") {
    throw unexpected(message);
  }
  return decodeAuthentication(message.body);
}

function unexpected(message: Message): WireError {
  const type = JSON.stringify(message.type);
  return new WireError("unexpected_message", `the server sent a message of type ${type} out of order`);
}
