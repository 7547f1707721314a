import type { Socket } from "node:net";
import {
  encodeFatalError,
  encodeNegotiateProtocolVersion,
  parseStartupPacket,
  parseStartupRequest,
  protocolViolation,
  readStartupBody,
  WireError,
} from "@sallyport/wire";
import type {
  BackendKey,
  ClosingPacket,
  ErrorFormat,
  FatalError,
  MessageReader,
  StartupPacket,
} from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";

/** What a connection turned out to want. */
export type Arrival =
  | { readonly kind: "startup"; readonly packet: StartupPacket }
  | { readonly kind: "cancel"; readonly key: BackendKey }
  /** A packet that was answered with an error already; `error` is for the log. */
  | { readonly kind: "refused"; readonly error: FatalError }
  /** Nothing is sent; null: nothing is logged either. */
  | {
      readonly kind: "closed";
      readonly logged: { readonly message: Bytes; readonly sqlstate: string } | null;
    };

/**
 * Reads what stands before a startup packet, and the packet (manual, 54.2.1). There is no TLS and no GSSAPI
 * encryption yet: each may be asked for once and is answered `N`; a direct TLS hello is closed without a word, as
 * by a server without TLS.
 */
export async function readArrival(
  socket: Socket,
  reader: MessageReader,
  signal: AbortSignal,
): Promise<Arrival> {
  if (await isTlsHello(reader, signal)) return { kind: "closed", logged: null };
  const pending = { ssl: true, gssenc: true };
  for (;;) {
    const packet = await readStartupBody(reader, signal, !pending.ssl || !pending.gssenc);
    if (packet.kind === "silent_close") return { kind: "closed", logged: null };
    if (packet.kind === "close") return closed(packet);
    const request = parseStartupRequest(packet.body, pending);
    switch (request.kind) {
      case "ssl":
      case "gssenc":
        pending[request.kind] = false;
        socket.write("N");
        if (reader.buffered > 0) return refuse(socket, unencryptedData(request.kind));
        break;
      case "cancel":
        return request;
      case "close":
        return closed(request);
      case "startup":
        return answerStartup(socket, packet.body);
    }
  }
}

function closed({ logMessage, sqlstate }: ClosingPacket): Arrival {
  return { kind: "closed", logged: { message: logMessage, sqlstate } };
}

/** The first byte of a TLS record, where that of a length word is 0. Nobody need have sent any. */
async function isTlsHello(reader: MessageReader, signal: AbortSignal): Promise<boolean> {
  try {
    const [first] = await reader.peek(1, signal);
    return first === 0x16;
  } catch (error) {
    if (error instanceof WireError && error.code === "peer_closed") return false;
    throw error;
  }
}

function answerStartup(socket: Socket, body: Buffer): Arrival {
  const parsed = parseStartupPacket(body);
  if (parsed.negotiation) socket.write(encodeNegotiateProtocolVersion(parsed.negotiation));
  if (parsed.kind === "accepted") return { kind: "startup", packet: parsed.packet };
  return refuse(socket, parsed.error, parsed.format);
}

function refuse(socket: Socket, error: FatalError, format?: ErrorFormat): Arrival {
  socket.write(encodeFatalError(error, format));
  return { kind: "refused", error };
}

/** Whoever waits for the answer sends nothing before it; what came all the same was put in by somebody else. */
function unencryptedData(kind: "ssl" | "gssenc"): FatalError {
  const what = kind === "ssl" ? "SSL" : "GSSAPI encryption";
  return protocolViolation(
    `received unencrypted data after ${what} request`,
    "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
  );
}
