/** Making the connection itself. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { connect } from "node:net";
import type { NetConnectOpts, Socket } from "node:net";
import { getSystemErrorMessage } from "node:util";
import { isValidUtf8, toBuffer, toUnicode } from "../byte-string.ts";
import type { HostTarget } from "../conninfo/options.ts";
import { WireError } from "../errors.ts";
import { abortError } from "../frame/deadline.ts";

/** Longest path of a Unix socket on Linux, in bytes: `sun_path` less its NUL. */
const MAX_SOCKET_PATH = 107;

/** `O_PATH` of Linux, which Node does not name: a handle on a directory that we may pass but not read. */
const O_PATH = 0o10000000;

/** How a server is called in errors, as libpq does: `server at "h", port 5432`, `server on socket "…"`. */
export function describeHost(target: HostTarget): string {
  const path = socketPath(target);
  return path === null
    ? `server at "${target.host}"${target.address === undefined || target.address === target.host ? "" : ` (${target.address})`}, port ${target.port}`
    : `server on socket "${path}"`;
}

/** The server's end of a connection, for logs: `127.0.0.1:5432`, `[::1]:5432`, or the path of the Unix socket. */
export function serverAddress(socket: Socket, target: HostTarget): string {
  const address = socket.remoteAddress ?? target.address ?? target.host;
  return socketPath(target) ?? `${address.includes(":") ? `[${address}]` : address}:${target.port}`;
}

/** The path of the Unix socket, `@…` in the abstract namespace; null for TCP. */
function socketPath(target: HostTarget): string | null {
  return target.address === undefined && /^[/@]/.test(target.host)
    ? `${target.host}/.s.PGSQL.${target.port}`
    : null;
}

/**
 * A connected socket with Nagle's algorithm off, and one listener on `error` that does nothing.
 *
 * @throws {WireError} `connect_failed`, `timeout`, `aborted`
 */
export async function dial(target: HostTarget, signal: AbortSignal): Promise<Socket> {
  const path = socketPath(target);
  if (path === null) {
    return connected(
      { host: target.address ?? target.host, port: target.port, noDelay: true },
      target,
      signal,
    );
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

function connected(options: NetConnectOpts, target: HostTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortError(signal));
      return;
    }
    const socket = connect(options);
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

/** For a socket that nobody reads from any more: an error on it is of no interest, and must not end the process. */
export function ignoreError(): void {
  // Nothing to do: 'close' follows.
}

function failed(target: HostTarget, error: unknown): WireError {
  const reason = isSystemError(error)
    ? getSystemErrorMessage(error.errno)
    : error instanceof AggregateError
      ? error.errors
          .map((each) => (isSystemError(each) ? getSystemErrorMessage(each.errno) : String(each)))
          .join(", ")
      : String(error);
  return new WireError("connect_failed", `connection to ${describeHost(target)} failed: ${reason}`, error);
}

function isSystemError(error: unknown): error is Error & { readonly errno: number } {
  return error instanceof Error && "errno" in error && typeof error.errno === "number" && error.errno < 0;
}
