import type { Socket } from "node:net";
import {
  encodeAuthentication,
  encodeErrorResponse,
  encodeGreeting,
  encodeReadyForQuery,
} from "@sallyport/wire";
import type { AuthenticationRequest, Greeting, ServerError, Session } from "@sallyport/wire";
import { isWhole } from "../upstream/upstream.ts";

/** The method's last word and AuthenticationOk: never flushed alone, so that an error behind them arrives with them. */
export function encodeSuccess(last: AuthenticationRequest | null): Buffer[] {
  return [...(last ? [encodeAuthentication(last)] : []), encodeAuthentication({ kind: "ok" })];
}

/** All that a client is sent when its session stands, in one piece. */
export function encodeWelcome(last: AuthenticationRequest | null, session: Session<Socket>): Buffer {
  return Buffer.concat([
    ...encodeSuccess(last),
    ...encodeGreetings(session.greetings),
    encodeReadyForQuery(session.status),
    session.rest,
  ]);
}

/** The client has proved itself, and the upstream refused its role or its database. */
export function encodeRefusal(last: AuthenticationRequest | null, error: ServerError): Buffer {
  return Buffer.concat([
    ...encodeSuccess(last),
    ...encodeGreetings(error.greetings),
    encodeErrorResponse(error.fields),
  ]);
}

/** As the upstream said it, in its order, but for notices that no PostgreSQL sends. */
function encodeGreetings(greetings: readonly Greeting[]): Buffer[] {
  return greetings.filter((one) => one.kind !== "notice" || isWhole(one.fields)).map(encodeGreeting);
}
