import type { Bytes, HbaRule } from "@sallyport/policy";
import type { StartupPacket } from "@sallyport/wire";
import type { Settings } from "../config/index.ts";
import {
  connectionAuthenticated,
  connectionAuthenticatedWithoutIdentity,
  connectionAuthorized,
  connectionReady,
  connectionReceived,
  disconnection,
} from "../log/index.ts";
import type { Log, Peer } from "../log/index.ts";
import { gssOf } from "./shown-gss.ts";
import type { Visit } from "./visit.ts";
import type { Guest } from "./guest.ts";

/** Somebody is at the door, or has been brought there by a proxy. */
export function logReceived(
  log: Log,
  { log_connections }: Settings,
  peer: Peer,
  proxy: Peer | null = null,
): void {
  if (log_connections.includes("receipt")) log.log("LOG", connectionReceived(peer, proxy));
}

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
export function logAuthorized(visit: Visit, { log_connections }: Settings): void {
  const { packet, rule, identity, upstream, applicationName, tls, gss, log } = visit;
  if (!log_connections.includes("authorization") || packet === null || rule === null) return;
  const { user, database, replication } = packet;
  const { line, method } = rule;
  const encryption = gss ? "gss" : tls ? "ssl" : "none";
  const shownGss = gssOf(visit);
  const message = connectionAuthorized({
    user,
    database: replication === true ? null : database,
    applicationName,
    replication: replication !== false,
    ...(tls && { tls }),
    ...(shownGss && { gss: shownGss }),
    ...(upstream && { upstream: { name: upstream.server, pid: upstream.pid } }),
    admission: { line, method, identity, encryption },
  });
  const sallyport = {
    identity,
    method,
    rule: `${line.file}:${line.number}`,
    encryption,
    upstream: upstream?.server ?? null,
    upstream_pid: upstream?.pid ?? null,
  };
  log.log("LOG", message, { sallyport });
}

export function logReady(
  { log, startTime }: Visit,
  { log_connections }: Settings,
  { authentication }: Guest,
  now: Date,
): void {
  if (!log_connections.includes("setup_durations")) return;
  const total = now.getTime() - startTime.getTime();
  log.log("LOG", connectionReady({ total, fork: 0, authentication }));
}

export function logEnd(
  { log, startTime }: Visit,
  { log_disconnections }: Settings,
  { packet, peer }: Guest,
  now: Date,
): void {
  if (!log_disconnections) return;
  const { user, database } = packet;
  const milliseconds = now.getTime() - startTime.getTime();
  log.log("LOG", disconnection({ milliseconds, user, database, ...peer }));
}
