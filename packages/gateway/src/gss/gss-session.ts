import type { Socket } from "node:net";
import type { GssContext } from "@sallyport/methods/os";
import type { GssPrincipal } from "@sallyport/methods";
import type { MessageReader } from "@sallyport/wire";
import type { LoggedFault } from "../tls/handshake-fault.ts";
import { GssStream } from "./gss-stream.ts";
import { acceptGssContext } from "./handshake.ts";
import { GssFailure, headLength, longestPacket } from "./packet.ts";

/** What a handshake has settled. */
export interface GssSession {
  /** Whose ticket it was; asked for at once, since the context goes with the connection. */
  readonly principal: GssPrincipal;
}

/**
 * Turns a connection whose client has been granted GSSAPI encryption into one that has it. The context is the stream's
 * from then on, and closed if there is none.
 *
 * @throws {GssFailure}
 * @throws {WireError} the client left, or the signal's reason
 */
export async function goOverToGss(
  socket: Socket,
  reader: MessageReader,
  context: GssContext,
  report: (fault: LoggedFault) => void,
  signal: AbortSignal,
): Promise<{ readonly stream: GssStream; readonly session: GssSession }> {
  try {
    await acceptGssContext(context, reader, (bytes) => void socket.write(bytes), signal);
    const limit = context.wrapSizeLimit(longestPacket - headLength);
    if ("status" in limit) throw new GssFailure("GSSAPI size check error", limit.status);
    if (limit.length < 1) throw new GssFailure("GSSAPI size check error");
    const session = { principal: context.principal() };
    const early = reader.release();
    const stream = new GssStream(socket, { context, messageLength: limit.length, early, report });
    return { stream, session };
  } catch (error) {
    context.close();
    throw error;
  }
}
