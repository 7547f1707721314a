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
import type { GssContext } from "@sallyport/methods/os";
import { GssFailure } from "../gss/packet.ts";
import { handshakeFault } from "../tls/handshake-fault.ts";
import type { LoggedFault } from "../tls/handshake-fault.ts";
import { HandshakeFailure } from "../tls/tls-server.ts";
import type { TlsServer } from "../tls/tls-server.ts";
import type { Line } from "./line.ts";

/** What a connection turned out to want. */
export type Arrival =
  | { readonly kind: "startup"; readonly packet: StartupPacket }
  | { readonly kind: "cancel"; readonly key: BackendKey }
  /** A packet that was answered with an error already; `error` is for the log. */
  | { readonly kind: "refused"; readonly error: FatalError }
  /** Nothing is sent; null: nothing is logged either. */
  | {
      readonly kind: "closed";
      readonly logged: LoggedFault | null;
    };

/** GSSAPI encryption for whoever asks for it. */
export interface GssOffer {
  /** Null: the service has no credentials, so nobody is given what could not be had. */
  readonly begin: () => Promise<GssContext | null>;
  /** Hears what packet broke a connection off. */
  readonly report: (fault: LoggedFault) => void;
}

/**
 * Reads what stands before a startup packet, and the packet (manual, 54.2.1). TLS and GSSAPI encryption may be asked for once
 * each; what is not to be had is answered `N`, and a client that begins with TLS by itself is then closed without a word. A
 * request within either is a version that nobody speaks. What comes behind a request that is granted is for TLS's handshake;
 * before GSSAPI encryption nothing may come.
 *
 * @param tls null: there is none here, for this client
 * @param gss null: there is none here, for this client
 * @throws {WireError} the client left, or the signal's reason
 */
export async function readArrival(
  line: Line,
  tls: TlsServer | null,
  gss: GssOffer | null,
  signal: AbortSignal,
): Promise<Arrival> {
  if (await isTlsHello(line.reader, signal)) {
    if (tls === null) return { kind: "closed", logged: null };
    const failed = await goOverToTls(line, tls, signal);
    if (failed !== null) return failed;
    if (line.tls?.namesProtocol !== true) return { kind: "closed", logged: noAlpn };
  }
  const pending = { ssl: true, gssenc: true };
  for (;;) {
    const packet = await readStartupBody(line.reader, signal, !pending.ssl || !pending.gssenc);
    if (packet.kind === "silent_close") return { kind: "closed", logged: null };
    if (packet.kind === "close") return closed(packet);
    const request = parseStartupRequest(packet.body, pending);
    switch (request.kind) {
      case "ssl": {
        pending.ssl = false;
        const granted = line.tls === null ? tls : null;
        line.socket.write(granted ? "S" : "N");
        if (granted) {
          pending.gssenc = false;
          const failed = await goOverToTls(line, granted, signal);
          if (failed !== null) return failed;
        } else if (line.reader.buffered > 0) return refuse(line, unencryptedData("ssl"));
        break;
      }
      case "gssenc": {
        pending.gssenc = false;
        const stuffed = line.reader.buffered > 0;
        const offer = line.tls === null ? gss : null;
        const context = (await offer?.begin()) ?? null;
        line.socket.write(context ? "G" : "N");
        if (offer && context) {
          pending.ssl = false;
          const failed = await goOverToGss(line, context, offer.report, signal);
          if (failed !== null) return failed;
        }
        if (stuffed) return refuse(line, unencryptedData("gssenc"));
        break;
      }
      case "cancel":
        return request;
      case "close":
        return closed(request);
      case "startup":
        return answerStartup(line, packet.body);
    }
  }
}

const noAlpn: LoggedFault = {
  message: "received direct SSL connection request without ALPN protocol negotiation extension",
  sqlstate: "08P01",
};

/** Null: it did; else why not. A certificate that is not good is found when the handshake is over, and ends it all the same. */
async function goOverToTls(line: Line, tls: TlsServer, signal: AbortSignal): Promise<Arrival | null> {
  try {
    const { certificate } = await line.secure(tls, signal);
    return certificate !== null && "fault" in certificate
      ? { kind: "closed", logged: certificate.fault }
      : null;
  } catch (error) {
    if (!(error instanceof HandshakeFailure)) throw error;
    return { kind: "closed", logged: handshakeFault(error, tls.configuration) };
  }
}

/** Null: it did; else why not. */
async function goOverToGss(
  line: Line,
  context: GssContext,
  report: GssOffer["report"],
  signal: AbortSignal,
): Promise<Arrival | null> {
  try {
    await line.secureByGss(context, report, signal);
    return null;
  } catch (error) {
    if (!(error instanceof GssFailure)) throw error;
    return { kind: "closed", logged: error.fault };
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

function answerStartup(line: Line, body: Buffer): Arrival {
  const parsed = parseStartupPacket(body);
  if (parsed.negotiation) line.socket.write(encodeNegotiateProtocolVersion(parsed.negotiation));
  if (parsed.kind === "accepted") return { kind: "startup", packet: parsed.packet };
  return refuse(line, parsed.error, parsed.format);
}

function refuse(line: Line, error: FatalError, format?: ErrorFormat): Arrival {
  line.socket.write(encodeFatalError(error, format));
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
