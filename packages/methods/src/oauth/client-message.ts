import { FatalError, protocolViolation } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";

/** What separates the pairs of a message, and is a client's whole answer to a refusal (RFC 7628, 3.1 and 3.2.3). */
export const separator = "\x01";

/**
 * The value of `auth` in a client's first message (RFC 7628, 3.1), read in PostgreSQL's order and refused in its words:
 *
 *     n,,^Ahost=db.example.com^Aauth=Bearer eyJ...^A^A
 *     |  | |                   |                  |
 *     |  | pairs: key=value, each with its ^A     the end
 *     |  no authorization identity
 *     channel-binding flag
 *
 * Pairs with other keys are held to the form, and ignored.
 *
 * @throws {FatalError} 08P01 `malformed OAUTHBEARER message`, 0A000 for an authorization identity
 */
export function authOf(message: Bytes): Bytes {
  checkNoNul(message);
  const flag = message.charAt(0);
  if (flag === "p") {
    throw malformed(
      "The server does not support channel binding for OAuth, but the client message includes channel binding data.",
    );
  }
  if (flag !== "n" && flag !== "y") throw malformed(`Unexpected channel-binding flag "${show(flag)}".`);
  const [, comma = "", next = "", begin = ""] = message;
  if (comma !== ",") throw malformed(`Comma expected, but found character "${show(comma)}".`);
  if (next === "a")
    throw new FatalError("0A000", "client uses authorization identity, but it is not supported");
  if (next !== ",") throw malformed(`Unexpected attribute "${show(next)}" in client-first-message.`);
  if (begin !== separator)
    throw malformed(`Key-value separator expected, but found character "${show(begin)}".`);
  return authOfPairs(message.slice(4));
}

/**
 * The client's answer to a refusal, which says nothing.
 *
 * @throws {FatalError} 08P01, if it says something
 */
export function checkFarewell(message: Bytes): void {
  checkNoNul(message);
  if (message !== separator) throw malformed("Client did not send a kvsep response.");
}

function checkNoNul(message: Bytes): void {
  if (message === "") throw malformed("The message is empty.");
  if (message.includes("\0")) throw malformed("Message length does not match input length.");
}

/** Up to the empty pair, which must be the last thing there is. */
function authOfPairs(text: Bytes): Bytes {
  let auth: Bytes | null = null;
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(separator, at);
    if (end < 0) throw malformed("Message contains an unterminated key/value pair.");
    if (end === at) {
      if (auth === null) throw malformed("Message does not contain an auth value.");
      if (end + 1 < text.length)
        throw malformed("Message contains additional data after the final terminator.");
      return auth;
    }
    const { key, value } = pairOf(text.slice(at, end));
    if (key === "auth") {
      if (auth !== null) throw malformed("Message contains multiple auth values.");
      auth = value;
    }
    at = end + 1;
  }
  throw malformed("Message did not contain a final terminator.");
}

function pairOf(pair: Bytes): { readonly key: Bytes; readonly value: Bytes } {
  const equals = pair.indexOf("=");
  if (equals < 0) throw malformed("Message contains a key without a value.");
  const [key, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
  if (key === "") throw malformed("Message contains an empty key name.");
  if (!/^[A-Za-z]+$/.test(key)) throw malformed("Message contains an invalid key name.");
  if (!/^[ -~\t\r\n]*$/.test(value)) throw malformed("Message contains an invalid value.");
  return { key, value };
}

function malformed(detail: Bytes): FatalError {
  return protocolViolation("malformed OAUTHBEARER message", detail);
}

/** A character as PostgreSQL shows it in such messages; "" is the end, which it finds as a NUL. */
function show(character: Bytes): Bytes {
  if (/[!-~]/.test(character)) return `'${character}'`;
  const code = character === "" ? 0 : character.charCodeAt(0);
  return `0x${code.toString(16).padStart(2, "0")}`;
}
