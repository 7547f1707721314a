import {
  encodeAuthentication,
  encodeErrorResponse,
  encodeGreeting,
  encodeReadyForQuery,
} from "@sallyport/wire";
import type {
  AuthenticationRequest,
  BackendKey,
  Greeting,
  ProtocolVersion,
  ServerError,
  TransactionStatus,
} from "@sallyport/wire";
import { worthlessKey } from "../upstream/cancel-keys.ts";
import { isWhole } from "../upstream/upstream.ts";

/** The method's last word and AuthenticationOk: never flushed alone, so that an error behind them arrives with them. */
export function encodeSuccess(last: AuthenticationRequest | null): Buffer[] {
  return [...(last ? [encodeAuthentication(last)] : []), encodeAuthentication({ kind: "ok" })];
}

/** All that a client is sent when its session stands, in one piece; with a key of ours in place of the upstream's. */
export function encodeWelcome(
  last: AuthenticationRequest | null,
  greetings: readonly Greeting[],
  status: TransactionStatus,
  key: BackendKey | null,
): Buffer {
  return Buffer.concat([...encodeSuccess(last), ...encodedOnce(greetings, key), encodeReadyForQuery(status)]);
}

/** What stands before a key, and what behind it: of a session that serves many it is the same each time. */
const encoded = new WeakMap<readonly Greeting[], readonly Buffer[]>();

function encodedOnce(greetings: readonly Greeting[], key: BackendKey | null): Buffer[] {
  const parts = encoded.get(greetings) ?? encodedBetweenKeys(greetings);
  encoded.set(greetings, parts);
  const [first = [], ...behindKeys] = parts.map((part) => [part]);
  const own = key === null ? [] : [encodeGreeting({ kind: "key", key })];
  return first.concat(...behindKeys.map((part) => own.concat(part)));
}

function encodedBetweenKeys(greetings: readonly Greeting[]): Buffer[] {
  const at = greetings.findIndex(({ kind }) => kind === "key");
  const before = Buffer.concat(encodeGreetings(at < 0 ? greetings : greetings.slice(0, at), () => null));
  return at < 0 ? [before] : [before, ...encodedBetweenKeys(greetings.slice(at + 1))];
}

/** The client has proved itself, and the upstream refused its role or its database. */
export function encodeRefusal(
  last: AuthenticationRequest | null,
  error: ServerError,
  protocol: ProtocolVersion,
): Buffer {
  return Buffer.concat([
    ...encodeSuccess(last),
    ...encodeGreetings(error.greetings, (key) => worthlessKey(key, protocol)),
    encodeErrorResponse(error.fields),
  ]);
}

/** As the upstream said it, in its order, but for its key and for notices that no PostgreSQL sends. */
function encodeGreetings(
  greetings: readonly Greeting[],
  keyInPlaceOf: (key: BackendKey) => BackendKey | null,
): Buffer[] {
  return greetings.flatMap((one) => {
    if (one.kind === "key") {
      const key = keyInPlaceOf(one.key);
      return key ? [encodeGreeting({ kind: "key", key })] : [];
    }
    return one.kind === "notice" && !isWhole(one.fields) ? [] : [encodeGreeting(one)];
  });
}
