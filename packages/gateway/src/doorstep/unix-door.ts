import { chmod, chown } from "node:fs/promises";
import type { Server } from "node:net";
import { groupId } from "@sallyport/methods/os";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { couldNotBindSocket, listeningOnSocket } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import type { Settings } from "../config/index.ts";
import { closing, DoorError, doorServer, listening } from "./door.ts";
import type { Listener, Welcome } from "./door.ts";
import { lockSocket, makeWay, pathFault } from "./socket-file.ts";
import { systemReason } from "../log/system-reason.ts";
import { underUmask } from "../state/under-umask.ts";

export type UnixDoorSettings = Pick<
  Settings,
  "port" | "unix_socket_permissions" | "unix_socket_group" | "max_connections"
>;

/** Milliseconds in which a directory service has to find a group. */
const groupPatience = 30_000;

/**
 * Opens the socket of a directory. There is no moment at which somebody can connect who may not: it comes into being
 * for us alone, is given to its group, and only then opened as far as it may be.
 *
 * @throws {DoorError} it cannot be had, and nothing of it is left
 * @throws {Error} somebody else holds its lock file, or the directory takes none: for PostgreSQL, too, a reason not to
 *   start at all
 */
export async function openUnixDoor(
  directory: Bytes,
  settings: UnixDoorSettings,
  log: Log,
  welcome: Welcome,
): Promise<Listener> {
  const path = `${directory}/.s.PGSQL.${settings.port}`;
  const fault = pathFault(path);
  if (fault !== null) throw new DoorError(fault);
  const file = utf8Text(path);
  const lock = await lockSocket(file);
  const server = doorServer("unix", welcome);
  const close = async (): Promise<void> => {
    await closing(server); // Node removes the socket that it bound, and no other
    await lock.release();
  };
  try {
    const gid = await gidOf(settings.unix_socket_group);
    await makeWay(file, settings.port);
    await bound(server, path, settings, log);
    if (gid !== null)
      await orFail(`could not set group of file "${path}"`, async () => await chown(file, -1, gid));
    const mode = settings.unix_socket_permissions;
    await orFail(`could not set permissions of file "${path}"`, async () => await chmod(file, mode));
  } catch (error) {
    await close();
    throw error;
  }
  log.log("LOG", listeningOnSocket(path));
  return { name: file, kind: "unix", close };
}

/** Null: the group stays what it is. */
async function gidOf(group: Bytes): Promise<number | null> {
  if (group === "") return null;
  const found = await groupId(group, AbortSignal.timeout(groupPatience)).catch((error: unknown) => {
    throw new DoorError(`could not look up group "${group}": ${String(error)}`);
  });
  if ("error" in found) throw new DoorError(found.error);
  return found.gid;
}

/** Listens on a socket that lets nobody in but us. */
async function bound(server: Server, path: Bytes, settings: UnixDoorSettings, log: Log): Promise<void> {
  const listens = underUmask(0o077, () =>
    listening(server, { path: utf8Text(path) }, settings.max_connections, log),
  );
  await listens.catch((error: unknown) => {
    throw new DoorError(couldNotBindSocket(path, systemReason(error)));
  });
}

async function orFail(what: Bytes, act: () => Promise<void>): Promise<void> {
  await act().catch((error: unknown) => {
    throw new DoorError(`${what}: ${systemReason(error)}`);
  });
}
