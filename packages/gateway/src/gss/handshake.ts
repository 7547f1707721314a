import type { GssContext } from "@sallyport/methods/os";
import type { MessageReader } from "@sallyport/wire";
import { checkedLength, GssFailure, headLength, longestTokenPacket, packetOf } from "./packet.ts";

/** Kerberos takes one token and negotiation (RFC 4178) a few; nobody goes on for ever. */
const mostTokens = 32;

/**
 * The tokens before GSSAPI encryption (manual, 54.2.12), each behind its length. What the client sends behind its last
 * one is left in the reader: it is sealed.
 *
 * @throws {GssFailure}
 * @throws {WireError} the client left, or the signal's reason
 */
export async function acceptGssContext(
  context: GssContext,
  reader: MessageReader,
  write: (bytes: Buffer) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let tokens = 0; tokens < mostTokens; tokens += 1) {
    const length = checkedLength(await reader.readBytes(headLength, signal), longestTokenPacket);
    const step = await context.accept(await reader.readBytes(length, signal), signal);
    if (step.kind === "failed") throw new GssFailure("could not accept GSSAPI security context", step.status);
    if (step.answer.length > 0) write(packetOf(step.answer, longestTokenPacket));
    if (step.kind === "complete") return;
  }
  throw new GssFailure("could not accept GSSAPI security context", `no context after ${mostTokens} tokens`);
}
