import { connect as connectTls } from "node:tls";
import { isIP } from "node:net";
import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import { utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { abortError, dial, startDeadline, WireError } from "@sallyport/wire";
import type { LdapLimits } from "./connection.ts";
import { LdapFailure } from "./failure.ts";
import { apiError } from "./result-codes.ts";

/** Whose certificates are believed; or why none is. */
export type LdapTrust = { readonly context: SecureContext } | { readonly refused: Bytes };

const over = "the connection was closed";

/** Connects to one address. @throws {LdapFailure} @throws the reason of the signal */
export async function dialLdap(
  host: Bytes,
  address: string,
  port: number,
  limits: LdapLimits,
  signal: AbortSignal,
): Promise<Socket> {
  const deadline = startDeadline(limits.connect, "LDAP connection", signal);
  try {
    return await dial({ host, address, port }, deadline.signal);
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    const known = error instanceof WireError || error instanceof RangeError; // an impossible port
    throw known ? new LdapFailure(apiError.serverDown) : error;
  } finally {
    deadline.clear();
  }
}

/**
 * Begins TLS on a socket that carries nothing else. The certificate has to be the host's, by an authority that is trusted:
 * there is no setting that does without.
 *
 * @param host the name or address that the rule has, not what a name server made of it
 * @param code what a failure is to OpenLDAP
 * @throws {LdapFailure} @throws the reason of the signal
 */
export async function secure(
  socket: Socket,
  host: Bytes,
  trust: LdapTrust,
  code: number,
  limits: LdapLimits,
  signal: AbortSignal,
): Promise<TLSSocket> {
  if ("refused" in trust) {
    socket.destroy();
    throw new LdapFailure(code, trust.refused);
  }
  if (socket.destroyed || socket.readableEnded) {
    // Nothing would tell a handshake that nobody is there.
    socket.destroy();
    throw new LdapFailure(code, over);
  }
  const deadline = startDeadline(limits.connect, "TLS handshake", signal);
  const made = Promise.withResolvers<TLSSocket>();
  const tls = connectTls({
    socket,
    host,
    servername: isIP(host) === 0 ? host : "",
    // It says the least version, too: with a context, an option `minVersion` would mean nothing here.
    secureContext: trust.context,
    rejectUnauthorized: true,
  });
  const fail = (error: unknown): void => made.reject(error);
  const closed = (): void => fail(new LdapFailure(code, over));
  const abort = (): void => fail(abortError(deadline.signal));
  // It stays: until somebody else listens, an error must not end the process.
  tls.on("error", fail);
  tls.once("secureConnect", () => made.resolve(tls));
  tls.once("close", closed);
  socket.once("end", closed);
  socket.once("close", closed);
  deadline.signal.addEventListener("abort", abort, { once: true });
  if (deadline.signal.aborted) abort();
  try {
    const secured = await made.promise;
    if (!secured.authorized) throw new LdapFailure(code, "the certificate was not verified");
    return secured;
  } catch (error) {
    tls.destroy();
    socket.destroy();
    if (signal.aborted) throw abortError(signal);
    if (error instanceof LdapFailure) throw error;
    throw new LdapFailure(code, tlsReason(error));
  } finally {
    tls.off("close", closed);
    socket.off("end", closed);
    socket.off("close", closed);
    deadline.signal.removeEventListener("abort", abort);
    deadline.clear();
  }
}

/** OpenSSL's words for it without the names of its source files. */
function tlsReason(error: unknown): Bytes {
  if (!(error instanceof Error)) return "the TLS handshake failed";
  return utf8Bytes("reason" in error && typeof error.reason === "string" ? error.reason : error.message);
}
