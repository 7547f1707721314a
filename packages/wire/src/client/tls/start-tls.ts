/** From a connected socket to TLS: manual, "SSL Session Encryption". */
import type { Socket } from "node:net";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { fromUnicode, toUnicode } from "../../byte-string.ts";
import { WireError } from "../../errors.ts";
import { abortError } from "../../frame/deadline.ts";
import { MessageReader } from "../../frame/message-reader.ts";
import { orAborted } from "../../frame/or-aborted.ts";
import { encodeSslRequest } from "../../message/startup.ts";
import { ignoreError } from "../ignore-error.ts";
import { tlsMaterial } from "./tls-context.ts";
import type { TlsMaterial } from "./tls-context.ts";
import { handshakeError, tlsFailed } from "./tls-error.ts";
import { readTlsFiles } from "./tls-files.ts";
import { wrongServerName } from "./server-name.ts";
import type { TlsWay } from "./tls-way.ts";

/** A connection in TLS. Nobody listens to the stream; one listener on `error` keeps the process alive. */
export interface EncryptedSocket {
  readonly socket: TLSSocket;
  /** DER. */
  readonly serverCertificate: Buffer;
  /** Why `sslcertmode=require` is not content, in libpq's words; null: we were asked for a certificate and showed it. */
  readonly lacksCertificate: string | null;
}

/** No protocol but PostgreSQL's is spoken here, so that no server of another kind takes our bytes for its own. */
const ALPN = "postgresql";

/**
 * Asks for TLS, and reads the one byte of the answer.
 *
 * @returns whether the server will; the socket is free of listeners of ours then
 * @throws {WireError} `unexpected_message` for anything but `S` or `N`: also for an error, whose text nobody vouches for
 */
export async function requestTls(socket: Socket, signal: AbortSignal): Promise<boolean> {
  const reader = new MessageReader(socket);
  try {
    socket.write(encodeSslRequest());
    const answer = (await reader.readBytes(1, signal)).toString("latin1");
    if (answer === "E") throw unexpected("server sent an error response during SSL exchange");
    if (answer !== "S" && answer !== "N") {
      throw unexpected(`received invalid response to SSL negotiation: ${printable(answer)}`);
    }
    if (reader.buffered > 0) throw unexpected("received unencrypted data after SSL response");
    return answer === "S";
  } finally {
    reader.release();
  }
}

/**
 * Makes the handshake, and checks with whom. On failure the socket is destroyed.
 *
 * @throws {WireError} `tls_failed` in libpq's words; `unexpected_message`, `timeout`, `aborted`
 */
export async function startTls(socket: Socket, way: TlsWay, signal: AbortSignal): Promise<EncryptedSocket> {
  try {
    const contents = await orAborted(readTlsFiles(way.options), signal);
    const material = tlsMaterial(way.options, contents);
    // Since then nothing may have come: it would not be encrypted.
    if (socket.readableLength > 0) throw unexpected("received unencrypted data after SSL response");
    const encrypted = await shakeHands(socket, way, material, signal);
    return checked(encrypted, way, material);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function shakeHands(
  socket: Socket,
  { options, host }: TlsWay,
  { context, verifies }: TlsMaterial,
  signal: AbortSignal,
): Promise<TLSSocket> {
  if (signal.aborted) throw abortError(signal);
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const encrypted = connect({
    socket,
    secureContext: context,
    ALPNProtocols: [ALPN],
    ...(options.sni && isName(host) ? { servername: toUnicode(host) } : {}),
    rejectUnauthorized: verifies,
    // The name is compared below, as libpq does it, and only for verify-full.
    checkServerIdentity: () => undefined,
  });
  const onSecure = () => resolve(encrypted);
  const onError = (error: Error) =>
    reject(handshakeError(error, Boolean(encrypted.authorizationError), options));
  const onAbort = () => reject(abortError(signal));
  // Stays on: until somebody else listens, an error must not end the process.
  encrypted.on("error", ignoreError);
  encrypted.on("error", onError);
  encrypted.on("secureConnect", onSecure);
  signal.addEventListener("abort", onAbort);
  try {
    return await promise;
  } catch (error) {
    encrypted.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    encrypted.off("error", onError);
    encrypted.off("secureConnect", onSecure);
  }
}

function checked(socket: TLSSocket, { options, host }: TlsWay, material: TlsMaterial): EncryptedSocket {
  const fail = (reason: string): never => {
    socket.destroy();
    throw tlsFailed(reason);
  };
  // What Node has found out already, once more: nothing below is to depend on one flag.
  if (material.verifies && !socket.authorized) fail("SSL error: certificate verify failed");
  const protocol = socket.alpnProtocol || null;
  if (options.direct && protocol === null) {
    fail("direct SSL connection was established without ALPN protocol negotiation extension");
  }
  if (protocol !== null && protocol !== ALPN) {
    fail("SSL connection was established with unexpected ALPN protocol");
  }
  const serverCertificate = socket.getPeerX509Certificate()?.raw;
  if (serverCertificate === undefined) return fail("certificate could not be obtained: no certificate");
  const wrong = options.mode === "verify-full" ? wrongServerName(serverCertificate, host) : null;
  if (wrong !== null) fail(wrong);
  return { socket, serverCertificate, lacksCertificate: lacksCertificate(socket, material) };
}

/** The algorithms that a server would take a certificate's signature in are part of its asking for one. */
function lacksCertificate(socket: TLSSocket, { showsCertificate }: TlsMaterial): string | null {
  if (socket.getSharedSigalgs().length === 0) return NOT_REQUESTED;
  return showsCertificate ? null : "server accepted connection without a valid SSL certificate";
}

export const NOT_REQUESTED = "server did not request an SSL certificate";

/** RFC 6066: an address is no server name. */
function isName(host: string): boolean {
  return (
    host !== "" && !/^[\d.]+$/.test(host) && !host.includes(":") && fromUnicode(toUnicode(host)) === host
  );
}

function printable(answer: string): string {
  return /[ -~]/.test(answer) ? answer : `\\x${Buffer.from(answer, "latin1").toString("hex")}`;
}

function unexpected(message: string): WireError {
  return new WireError("unexpected_message", message);
}
