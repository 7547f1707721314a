import { listeningSocket, loadOs } from "@sallyport/methods/os";
import type { ListeningSocket } from "@sallyport/methods/os";
import { formatIp, utf8Text } from "@sallyport/policy";
import { listeningOnAddress, listeningOnSocket } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import type { Settings } from "../config/index.ts";
import { closing, doorServer, listening } from "./door.ts";
import type { Listener, Welcome } from "./door.ts";
import { systemReason } from "../log/system-reason.ts";
import { tcpDoorName } from "./tcp-door.ts";

/** A socket on which a service manager listens for us (sd_listen_fds(3)). */
export interface InheritedSocket {
  readonly fd: number;
  /** As the service manager calls it, for messages. */
  readonly name: string;
}

/**
 * Takes over sockets that somebody else has opened. They are all taken or none: whoever passed them meant them all, and
 * one that does not do what its unit should say is refused. Their files, owners and modes are not ours: none is
 * changed, and none removed.
 *
 * @throws {Error} one of them cannot be used; then none is
 */
export async function openInheritedDoors(
  sockets: readonly InheritedSocket[],
  { max_connections }: Pick<Settings, "max_connections">,
  log: Log,
  welcome: Welcome,
): Promise<Listener[]> {
  await loadOs();
  const known = sockets.map((socket) => ({ socket, what: usable(socket) }));
  const doors: Listener[] = [];
  try {
    for (const { socket, what } of known) {
      const server = doorServer(what.kind, welcome);
      await listening(server, { fd: socket.fd }, max_connections, log).catch((error: unknown) => {
        throw unusable(socket, systemReason(error));
      });
      doors.push({ name: nameOf(what), kind: what.kind, close: async () => await closing(server) });
      log.log("LOG", announcement(what));
    }
    return doors;
  } catch (error) {
    for (const door of doors) await door.close();
    throw error;
  }
}

/** @throws {Error} nobody could be let in by it as the rules say */
function usable(socket: InheritedSocket): ListeningSocket {
  const what = listeningSocket(socket.fd);
  if ("error" in what) throw unusable(socket, what.error);
  if (what.kind === "tcp" && what.dualStack) {
    const remedy = "BindIPv6Only=ipv6-only is missing in its socket unit";
    throw unusable(
      socket,
      `clients of IPv4 would arrive as ::ffff:a.b.c.d, which no IPv4 rule matches; ${remedy}`,
    );
  }
  return what;
}

function unusable({ fd, name }: InheritedSocket, reason: string): Error {
  return new Error(`could not use the socket "${name}" of the service manager (descriptor ${fd}): ${reason}`);
}

function nameOf(socket: ListeningSocket): string {
  if (socket.kind === "unix") return utf8Text(socket.path);
  return tcpDoorName(socket.family, formatIp(socket.ip), socket.port);
}

function announcement(socket: ListeningSocket): string {
  if (socket.kind === "unix") return listeningOnSocket(socket.path);
  return listeningOnAddress(socket.family, formatIp(socket.ip), socket.port);
}
