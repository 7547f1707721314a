import { connect } from "node:net";
import {
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeStartupPacket,
  MessageReader,
} from "@sallyport/wire";
import { repliesUntilEnd } from "../raw-client.ts";
import type { Target } from "../raw-client.ts";

/** The first message of a client with a token; "": one that asks for the issuer. */
export function clientFirst(token: string): Buffer {
  const auth = token === "" ? "" : `Bearer ${token}`;
  return encodeSaslInitialResponse("OAUTHBEARER", Buffer.from(`n,,\x01auth=${auth}\x01\x01`, "latin1"));
}

/** The answer to a refusal. */
export const farewell: Buffer = encodeSaslResponse(Buffer.from("\x01"));

/**
 * Says all of it at once, whatever is answered, and returns what was heard until the other side closed: `R 11` with what
 * it says, errors with their words.
 */
export async function hear(
  target: Target,
  user: string,
  ...messages: readonly Buffer[]
): Promise<readonly (readonly string[])[]> {
  const socket = connect(target);
  socket.write(Buffer.concat([startupOf(user), ...messages]));
  const replies = await repliesUntilEnd(new MessageReader(socket));
  socket.destroy();
  return replies.map(({ kind, words, body }) =>
    /^R 1[01]$/.test(kind) ? [kind, body.toString("latin1", 4)] : [kind].concat(words),
  );
}

/** Leaves when it has heard of its refusal. */
export async function hearAndLeave(target: Target, user: string, message: Buffer): Promise<void> {
  const socket = connect(target);
  socket.write(Buffer.concat([startupOf(user), message]));
  const reader = new MessageReader(socket);
  for (let heard = 0; heard < 2; heard += 1) await reader.readMessage(65_535, AbortSignal.timeout(20_000));
  reader.release();
  socket.destroy();
}

function startupOf(user: string): Buffer {
  return encodeStartupPacket([
    ["user", user],
    ["database", "shop"],
  ]);
}
