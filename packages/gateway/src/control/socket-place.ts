import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { MAX_SOCKET_PATH } from "@sallyport/wire";
import { controlSocketName } from "./protocol.ts";

/** A name by which the control socket of a directory can be bound or connected to, as long as it is not closed. */
export interface SocketPlace {
  readonly path: string;
  readonly close: () => Promise<void>;
}

/** `O_PATH` of Linux (`<asm-generic/fcntl.h>`), which Node does not name: a directory need not be readable to pass it. */
const passOnly = 0o10000000;

/**
 * The path itself, or where it is longer than the address of a socket may be, a short way to the same directory: that
 * of its open handle (proc(5), `/proc/self/fd`).
 */
export async function socketPlace(directory: string): Promise<SocketPlace> {
  const path = join(directory, controlSocketName);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return { path, close: () => Promise.resolve() };
  const handle = await open(directory, passOnly | constants.O_DIRECTORY);
  return {
    path: `/proc/self/fd/${handle.fd}/${controlSocketName}`,
    close: async () => await handle.close(),
  };
}
