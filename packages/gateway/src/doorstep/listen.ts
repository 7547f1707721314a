import type { Bytes } from "@sallyport/policy";
import type { Log } from "../log/index.ts";
import type { Settings } from "../config/index.ts";
import { DoorError } from "./door.ts";
import type { Listener, Welcome } from "./door.ts";
import { openInheritedDoors } from "./inherited-door.ts";
import type { InheritedSocket } from "./inherited-door.ts";
import { checkSocketOptions } from "./socket-options.ts";
import type { SocketOptionSettings } from "./socket-options.ts";
import { addressesOf, openTcpDoor } from "./tcp-door.ts";
import type { TcpDoorSettings } from "./tcp-door.ts";
import { openUnixDoor } from "./unix-door.ts";
import type { UnixDoorSettings } from "./unix-door.ts";

export type { Listener, Welcome } from "./door.ts";
export type { InheritedSocket } from "./inherited-door.ts";

export type DoorSettings = Pick<Settings, "listen_addresses" | "unix_socket_directories"> &
  TcpDoorSettings &
  UnixDoorSettings &
  SocketOptionSettings;

/**
 * Opens every address and socket of the settings. As in PostgreSQL one that cannot be had is a warning as long as
 * another of its kind can.
 *
 * @param inherited if there are any, they are the doors, all of them or none, and those of the settings stay shut
 * @throws {Error} if there is no address, or no Unix socket, where there should be some; then nothing is open
 */
export async function openDoors(
  settings: DoorSettings,
  log: Log,
  welcome: Welcome,
  inherited: readonly InheritedSocket[] = [],
): Promise<Listener[]> {
  const { listen_addresses, unix_socket_directories } = settings;
  await checkSocketOptions(settings);
  if (inherited.length > 0) return await openInheritedDoors(inherited, settings, log, welcome);
  const doors: Listener[] = [];
  try {
    for (const name of listen_addresses) doors.push(...(await openAddresses(name, settings, log, welcome)));
    if (listen_addresses.length > 0 && doors.length === 0)
      throw new Error("could not create any TCP/IP sockets");

    const directories = new Set(unix_socket_directories);
    const addresses = doors.length;
    for (const directory of directories) {
      const door = await openOrLog(openUnixDoor(directory, settings, log, welcome), log);
      if (door) doors.push(door);
      else log.log("WARNING", `could not create Unix-domain socket in directory "${directory}"`);
    }
    if (directories.size > 0 && doors.length === addresses)
      throw new Error("could not create any Unix-domain sockets");

    if (doors.length === 0) throw new Error("no socket created for listening");
    return doors;
  } catch (error) {
    for (const door of doors) await door.close();
    throw error;
  }
}

/** All the addresses of a name, or as many of them as can be had. */
async function openAddresses(
  name: Bytes,
  settings: DoorSettings,
  log: Log,
  welcome: Welcome,
): Promise<Listener[]> {
  const doors: Listener[] = [];
  const addresses = (await openOrLog(addressesOf(name, settings.port), log)) ?? [];
  for (const address of addresses) {
    const door = await openOrLog(openTcpDoor(address, settings, log, welcome), log);
    if (door) doors.push(door);
  }
  if (doors.length === 0) log.log("WARNING", `could not create listen socket for "${name}"`);
  return doors;
}

async function openOrLog<T>(opening: Promise<T>, log: Log): Promise<T | null> {
  return await opening.catch((error: unknown) => {
    if (!(error instanceof DoorError)) throw error;
    log.log("LOG", error.message, { hint: error.hint });
    return null;
  });
}
