import { lookup } from "node:dns/promises";
import { chmod } from "node:fs/promises";
import { createServer, isIPv6 } from "node:net";
import type { ListenOptions, Server, Socket } from "node:net";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { couldNotBind, couldNotBindSocket, listeningOnAddress, listeningOnSocket } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import type { Settings } from "../config/index.ts";
import { claimSocket } from "./socket-file.ts";

/** An open door. */
export interface Listener {
  /** `127.0.0.1:6432`, `[::1]:6432` or the path of a Unix socket. */
  readonly name: string;
  readonly kind: "tcp" | "unix";
  /** No new connections; those that are in stay. */
  readonly close: () => Promise<void>;
}

/** What a connection is given to. It must take charge of the socket at once. */
export type Welcome = (socket: Socket, kind: Listener["kind"]) => void;

/**
 * Opens every address and socket of the settings. As in PostgreSQL an address that cannot be had is a warning as
 * long as another one can; a Unix socket that cannot be had is fatal.
 *
 * @throws {Error} if there is no door at all
 */
export async function openDoors(settings: Settings, log: Log, welcome: Welcome): Promise<Listener[]> {
  const doors: Listener[] = [];
  try {
    for (const address of await resolveAddresses(settings.listen_addresses, log)) {
      const door = await openAddress(address, settings.port, log, welcome);
      if (door) doors.push(door);
    }
    if (doors.length === 0 && settings.listen_addresses.length > 0)
      throw new Error("could not create any TCP/IP sockets");
    for (const directory of settings.unix_socket_directories)
      doors.push(await openSocket(directory, settings, log, welcome));
    if (doors.length === 0) throw new Error("no socket created for listening");
    return doors;
  } catch (error) {
    for (const door of doors) await door.close();
    throw error;
  }
}

/** Names become all their addresses; `*` is every address of both families. */
async function resolveAddresses(names: readonly Bytes[], log: Log): Promise<string[]> {
  const addresses = new Set<string>();
  for (const name of names) {
    if (name === "*") {
      addresses.add("0.0.0.0").add("::");
      continue;
    }
    try {
      for (const { address } of await lookup(utf8Text(name), { all: true })) addresses.add(address);
    } catch {
      log.log("WARNING", `could not translate host name "${name}" to address: Name or service not known`);
    }
  }
  return [...addresses];
}

async function openAddress(host: string, port: number, log: Log, welcome: Welcome): Promise<Listener | null> {
  const family = isIPv6(host) ? "IPv6" : "IPv4";
  const server = doorServer("tcp", welcome);
  try {
    // IPv6 only, or clients of IPv4 would arrive as ::ffff:a.b.c.d, which matches no IPv4 rule.
    await listening(server, { host, port, ipv6Only: true });
  } catch (error) {
    log.log("LOG", couldNotBind(family, host, reason(error)));
    return null;
  }
  log.log("LOG", listeningOnAddress(family, host, port));
  return {
    name: family === "IPv6" ? `[${host}]:${port}` : `${host}:${port}`,
    kind: "tcp",
    close: closing(server),
  };
}

async function openSocket(
  directory: Bytes,
  settings: Settings,
  log: Log,
  welcome: Welcome,
): Promise<Listener> {
  const path = utf8Text(`${directory}/.s.PGSQL.${settings.port}`);
  const claim = await claimSocket(path);
  const server = doorServer("unix", welcome);
  try {
    await listening(server, { path });
    await chmod(path, settings.unix_socket_permissions);
  } catch (error) {
    await claim.release();
    throw new Error(couldNotBindSocket(path, reason(error)), { cause: error });
  }
  log.log("LOG", listeningOnSocket(path));
  const close = async (): Promise<void> => {
    await closing(server)();
    await claim.release();
  };
  return { name: path, kind: "unix", close };
}

function doorServer(kind: Listener["kind"], welcome: Welcome): Server {
  return createServer({ noDelay: true, allowHalfOpen: false, pauseOnConnect: false }, (socket) =>
    welcome(socket, kind),
  );
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closing(server: Server): () => Promise<void> {
  return () =>
    new Promise((resolve) => {
      // The callback waits for connections too; they are none of this door's business any more.
      server.close();
      resolve();
    });
}

function reason(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return String(error);
  const words: Record<string, string> = { EADDRINUSE: "Address already in use", EACCES: "Permission denied" };
  return words[String(error.code)] ?? error.message;
}
