import { WireError } from "../errors.ts";
import type { MessageReader } from "../frame/message-reader.ts";
import { startupBodyLength, violation } from "./request.ts";
import type { ClosingPacket } from "./request.ts";

/** The body of a packet without type byte, or why there is none. Nothing is ever sent for the other kinds. */
export type StartupBody =
  | { readonly kind: "body"; readonly body: Buffer }
  /**
   * The client went away before its first byte, as port scanners and load balancers do, or within a length word when
   * the answer to its SSLRequest or GSSENCRequest was not to its liking: not worth a line.
   */
  | { readonly kind: "silent_close" }
  | ClosingPacket;

/**
 * Reads one packet of the start: length word, then as much as it says, if that is acceptable.
 *
 * @param afterRequest an SSLRequest or GSSENCRequest has been answered before
 * @throws {WireError} other than `peer_closed`: `socket_failed`, `timeout`, `aborted`
 */
export async function readStartupBody(
  reader: MessageReader,
  signal?: AbortSignal,
  afterRequest: boolean = false,
): Promise<StartupBody> {
  if ((await orClosed(reader.peek(1, signal))) === null) {
    return { kind: "silent_close" };
  }
  const word = await orClosed(reader.readBytes(4, signal));
  if (word === null) {
    if (afterRequest) return { kind: "silent_close" };
    return violation("incomplete startup packet");
  }
  const length = startupBodyLength(word.readUInt32BE(0));
  if (length === null) {
    return violation("invalid length of startup packet");
  }
  const body = await orClosed(reader.readBytes(length, signal));
  return body === null ? violation("incomplete startup packet") : { kind: "body", body };
}

async function orClosed(bytes: Promise<Buffer>): Promise<Buffer | null> {
  try {
    return await bytes;
  } catch (error) {
    if (error instanceof WireError && error.code === "peer_closed") {
      return null;
    }
    throw error;
  }
}
