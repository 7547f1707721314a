/**
 * The three ways in which something on the wire goes wrong.
 *
 * - {@link FatalError}: we are the server and end the conversation with a FATAL.
 * - {@link ServerError}: we are the client and a server answered with an ErrorResponse.
 * - {@link WireError}: the conversation itself failed: the peer went away, was too slow, broke the protocol,
 *   asked for what this build cannot do, or was never reached.
 */

import type { Greeting } from "./message/greeting.ts";

/** One field of an ErrorResponse or NoticeResponse: type character (`S`, `C`, `M`, `D`, …) and value. */
export interface ErrorField {
  readonly type: string;
  readonly value: string;
}

/** What may accompany the primary message of a {@link FatalError}. */
export interface FatalErrorDetails {
  /** DETAIL for the client (and the log). */
  readonly detail?: string | undefined;
  /** HINT for the client (and the log). */
  readonly hint?: string | undefined;
  /** DETAIL for the log only; never sent. */
  readonly logDetail?: string | undefined;
  /** The client hears of it, and the log does not. */
  readonly unlogged?: boolean | undefined;
  /** What caused it, for the log only; never sent. */
  readonly cause?: unknown;
}

/**
 * Ends a connection with severity FATAL.
 *
 * `message`, `detail` and `hint` go to the client, `logDetail` and `cause` only to the log. All texts are byte
 * strings, since they may quote names in any encoding.
 */
export class FatalError extends Error {
  override readonly name: string = "FatalError";
  readonly severity = "FATAL" as const;
  /** SQLSTATE, five characters: `28P01`. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly logDetail: string | undefined;
  readonly unlogged: boolean;

  constructor(code: string, message: string, details: FatalErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.detail = details.detail;
    this.hint = details.hint;
    this.logDetail = details.logDetail;
    this.unlogged = details.unlogged ?? false;
  }
}

/** A FATAL 08P01 (protocol_violation): the client broke the protocol. */
export function protocolViolation(message: string, detail?: string): FatalError {
  return new FatalError("08P01", message, { detail });
}

/**
 * An ErrorResponse that a server sent to our client half.
 *
 * `fields` holds every field in the server's order, so that a gateway can hand the error on unchanged with
 * `encodeErrorResponse(error.fields)`. A hostile server may leave any field out: `severity` then reads `FATAL`,
 * `code` `XX000` and `message` says so.
 */
export class ServerError extends Error {
  override readonly name: string = "ServerError";
  readonly severity: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly fields: readonly ErrorField[];
  /** It came after AuthenticationOk: it is about the role or the database, not about who we are to the server. */
  readonly authenticated: boolean;
  /** What the server said before it, behind AuthenticationOk. */
  readonly greetings: readonly Greeting[];

  constructor(
    fields: readonly ErrorField[],
    authenticated: boolean = false,
    greetings: readonly Greeting[] = [],
  ) {
    const value = (type: string) => fields.find((field) => field.type === type)?.value;
    super(value("M") ?? "the server sent an error without a message");
    this.severity = value("V") ?? value("S") ?? "FATAL";
    this.code = value("C") ?? "XX000";
    this.detail = value("D");
    this.hint = value("H");
    this.fields = fields;
    this.authenticated = authenticated;
    this.greetings = greetings;
  }
}

/** The codes of {@link WireError}. */
export type WireErrorCode =
  /** No connection could be made: refused, no such socket, name unknown. */
  | "connect_failed"
  /** The peer closed the connection, between messages or inside one. */
  | "peer_closed"
  /** Reading or writing failed; `cause` is the system's error. */
  | "socket_failed"
  /** A deadline passed. */
  | "timeout"
  /** The caller gave up, or closed the connection himself. */
  | "aborted"
  /** A length word below 4, or negative. */
  | "invalid_length"
  /** A message longer than the cap for it. */
  | "message_too_long"
  /** A result longer than the cap for it. */
  | "result_too_large"
  /** The content of a message does not have the form that its type demands. */
  | "malformed_message"
  /** A message that has no place in this state of the conversation. */
  | "unexpected_message"
  /** TLS could not be established, or not with whom we wanted. */
  | "tls_failed"
  /** The server could not prove itself, or asked for a proof that we refuse to give. */
  | "authentication_failed"
  /** The server's secret of the role is not the one that our proof is for: it got none. */
  | "secret_differs"
  /** The server let us in, to a session that `target_session_attrs` does not ask for. */
  | "unwanted_session"
  /** A connection string, an environment variable or a password file is wrong. */
  | "invalid_conninfo"
  /** A value that cannot be put on the wire: a NUL in a name, a message beyond 2 GiB. */
  | "invalid_value"
  /** Known, but not carried out by this build. */
  | "not_supported";

/** The conversation failed. `code` says how, `message` what and where. */
export class WireError extends Error {
  override readonly name: string = "WireError";
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
