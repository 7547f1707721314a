import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { couldNotBind, listeningOnAddress } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import type { Settings } from "../config/index.ts";
import { closing, DoorError, doorServer, listening } from "./door.ts";
import type { Listener, Welcome } from "./door.ts";
import { systemReason } from "../log/system-reason.ts";

export type TcpDoorSettings = Pick<Settings, "port" | "max_connections">;

/**
 * The addresses of an entry of `listen_addresses`: of a name all that it has, of `*` every address of both families.
 *
 * @throws {DoorError} the name has none
 */
export async function addressesOf(name: Bytes, port: number): Promise<readonly string[]> {
  if (name === "*") return ["0.0.0.0", "::"];
  try {
    return (await lookup(utf8Text(name), { all: true })).map(({ address }) => address);
  } catch (error) {
    throw new DoorError(
      `could not translate host name "${name}", service "${port}" to address: ${resolverReason(error)}`,
    );
  }
}

/** @throws {DoorError} the address cannot be had */
export async function openTcpDoor(
  host: string,
  { port, max_connections }: TcpDoorSettings,
  log: Log,
  welcome: Welcome,
): Promise<Listener> {
  const family = isIPv6(host) ? "IPv6" : "IPv4";
  const server = doorServer("tcp", welcome);
  try {
    // IPv6 only, or clients of IPv4 would arrive as ::ffff:a.b.c.d, which matches no IPv4 rule.
    await listening(server, { host, port, ipv6Only: true }, max_connections, log);
  } catch (error) {
    throw new DoorError(couldNotBind(family, host, systemReason(error)), hintOf(error, port));
  }
  log.log("LOG", listeningOnAddress(family, host, port));
  return { name: tcpDoorName(family, host, port), kind: "tcp", close: async () => await closing(server) };
}

export function tcpDoorName(family: "IPv4" | "IPv6", host: string, port: number): string {
  return family === "IPv6" ? `[${host}]:${port}` : `${host}:${port}`;
}

function hintOf(error: unknown, port: number): Bytes | undefined {
  if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) return undefined;
  return `Is another server already running on port ${port}? If not, wait a few seconds and retry.`;
}

/** `gai_strerror` of the C library. */
function resolverReason(error: unknown): Bytes {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EAI_AGAIN") return "Temporary failure in name resolution";
  return code === "ENOTFOUND" ? "Name or service not known" : `Name resolution failed (${code})`;
}
