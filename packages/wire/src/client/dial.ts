/** Making the connection itself. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { isIP } from "node:net";
import type { NetConnectOpts, Socket } from "node:net";
import { getSystemErrorMessage } from "node:util";
import { isValidUtf8, toBuffer, toUnicode } from "../byte-string.ts";
import { WireError } from "../errors.ts";
import { abortError } from "../frame/deadline.ts";
import { DirectSocket } from "../frame/direct-socket.ts";
import { ignoreError } from "./ignore-error.ts";
import { describeHost, socketPath } from "./server-target.ts";
import type { ServerTarget } from "./server-target.ts";

/** Longest path of a Unix socket on Linux, in bytes: `sun_path` less its NUL. */
export const MAX_SOCKET_PATH = 107;

/** `O_PATH` of Linux, which Node does not name: a handle on a directory that we may pass but not read. */
const O_PATH = 0o10000000;

/**
 * A connected socket with Nagle's algorithm off, and one listener on `error` that does nothing.
 *
 * @param target a host name in it must have been looked up (`serversOf`)
 * @throws {WireError} `connect_failed`, `timeout`, `aborted`
 */
export async function dial(target: ServerTarget, signal: AbortSignal): Promise<Socket> {
  const path = socketPath(target);
  if (path === null) {
    const { host, address = host, port } = target;
    if (isIP(address) === 0) {
      throw new WireError("connect_failed", `the address of host "${host}" has not been looked up`);
    }
    return connected({ host: address, port, noDelay: true }, target, signal);
  }
  if (path.startsWith("@")) {
    return connected({ path: `\0${toUnicode(path.slice(1))}` }, target, signal);
  }
  if (path.length <= MAX_SOCKET_PATH && isValidUtf8(path)) {
    return connected({ path: toUnicode(path) }, target, signal);
  }
  // Too long for the system call, or no text that Node could pass: go through the open directory instead.
  const directory = await open(toBuffer(target.host), O_PATH | constants.O_DIRECTORY).catch(
    (error: unknown) => {
      throw failed(target, error);
    },
  );
  try {
    const short = `/proc/self/fd/${directory.fd}/.s.PGSQL.${target.port}`;
    return await connected({ path: short }, target, signal);
  } finally {
    await directory.close();
  }
}

function connected(options: NetConnectOpts, target: ServerTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortError(signal));
      return;
    }
    const socket = new DirectSocket(options).connect(options);
    const settle = (error: Error | null) => {
      signal.removeEventListener("abort", onAbort);
      socket.off("connect", onConnect);
      socket.off("error", onError);
      if (error === null) {
        resolve(socket);
      } else {
        socket.destroy();
        reject(error);
      }
    };
    const onConnect = () => settle(null);
    const onError = (error: Error) => settle(failed(target, error));
    const onAbort = () => settle(abortError(signal));
    // Stays on: until somebody else listens, an error must not end the process.
    socket.on("error", ignoreError);
    socket.on("connect", onConnect);
    socket.on("error", onError);
    signal.addEventListener("abort", onAbort);
  });
}

function failed(target: ServerTarget, error: unknown): WireError {
  const reason = isSystemError(error) ? getSystemErrorMessage(error.errno) : String(error);
  return new WireError("connect_failed", `connection to ${describeHost(target)} failed: ${reason}`, error);
}

function isSystemError(error: unknown): error is Error & { readonly errno: number } {
  return error instanceof Error && "errno" in error && typeof error.errno === "number" && error.errno < 0;
}
