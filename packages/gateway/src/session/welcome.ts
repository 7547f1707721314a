import type { Socket } from "node:net";
import {
  encodeAuthentication,
  encodeBackendKeyData,
  encodeErrorResponse,
  encodeNoticeResponse,
  encodeParameterStatus,
  encodeReadyForQuery,
} from "@sallyport/wire";
import type { AuthenticationRequest, ServerError, Session } from "@sallyport/wire";

/** The method's last word and AuthenticationOk: never flushed alone, so that an error behind them arrives with them. */
export function encodeSuccess(last: AuthenticationRequest | null): Buffer[] {
  return [...(last ? [encodeAuthentication(last)] : []), encodeAuthentication({ kind: "ok" })];
}

/** All that a client is sent when its session stands, in one piece. */
export function encodeWelcome(last: AuthenticationRequest | null, session: Session<Socket>): Buffer {
  return Buffer.concat([
    ...encodeSuccess(last),
    ...session.notices.map(encodeNoticeResponse),
    ...session.parameters.map(encodeParameterStatus),
    ...(session.backendKey ? [encodeBackendKeyData(session.backendKey)] : []),
    encodeReadyForQuery(session.status),
    session.rest,
  ]);
}

/** The client has proved itself, and the upstream refused its role or its database. */
export function encodeRefusal(last: AuthenticationRequest | null, error: ServerError): Buffer {
  return Buffer.concat([...encodeSuccess(last), encodeErrorResponse(error.fields)]);
}
