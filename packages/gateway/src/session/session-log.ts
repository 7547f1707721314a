import type { Bytes, HbaRule } from "@sallyport/policy";
import type { OpenedSession, StartupPacket } from "@sallyport/wire";
import type { Settings } from "../config/index.ts";
import {
  connectionAuthenticated,
  connectionAuthenticatedWithoutIdentity,
  connectionAuthorized,
} from "../log/index.ts";
import type { Log } from "../log/index.ts";
import { applicationNameOf } from "./application-name.ts";

/** Somebody has proved who he is, whatever his map makes of it. */
export function logAuthenticated(
  log: Log,
  { log_connections }: Settings,
  { method, line }: HbaRule,
  { user }: StartupPacket,
  identity: Bytes | null,
): void {
  if (!log_connections.includes("authentication")) return;
  const message =
    identity === null
      ? connectionAuthenticatedWithoutIdentity(user, method, line)
      : connectionAuthenticated(identity, method, line);
  log.log("LOG", message);
}

/**
 * Rule, method and map have let somebody in. PostgreSQL says so before it looks at role and database, so of those
 * that are refused for these, too: then there is no session upstream.
 */
export function logAuthorized(
  log: Log,
  { log_connections }: Settings,
  { user, database, replication, parameters }: StartupPacket,
  upstream: OpenedSession | null,
): void {
  if (!log_connections.includes("authorization")) return;
  const message = connectionAuthorized({
    user,
    database: replication === true ? null : database,
    applicationName: applicationNameOf(parameters),
    replication: replication !== false,
    ...(upstream && { upstream: { name: upstream.server, pid: upstream.backendKey?.processId ?? null } }),
  });
  log.log("LOG", message);
}
