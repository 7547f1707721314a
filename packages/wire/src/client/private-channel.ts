/** Over which connections a password itself may go that is somebody else's. */
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { ConnectionOptions } from "../conninfo/options.ts";
import type { ConninfoValues } from "../conninfo/values.ts";
import { socketPath } from "./server-target.ts";
import type { ServerTarget } from "./server-target.ts";

/** Does the connection string ask for TLS with a certificate that is verified, and take nothing less? */
export function isVerified(settings: ConninfoValues | undefined): boolean {
  const mode = settings?.get("sslmode");
  return mode === "verify-ca" || mode === "verify-full";
}

/** Whether this connection ends at a server that was verified, or at a socket of this machine's file system. */
export function isPrivate(
  target: ServerTarget,
  stream: Duplex,
  settings: ConninfoValues | undefined,
): boolean {
  if (isLocal(socketPath(target))) return true;
  return stream instanceof TLSSocket && isVerified(settings);
}

/** Whether each host of a connection string is reached so. */
export function areAllPrivate({ hosts, settings }: ConnectionOptions): boolean {
  return hosts.every((host) => {
    const path = socketPath(host);
    return path === null ? isVerified(settings) : isLocal(path);
  });
}

/** A name in the abstract namespace is anybody's to take. */
function isLocal(path: string | null): boolean {
  return path?.startsWith("/") === true;
}
