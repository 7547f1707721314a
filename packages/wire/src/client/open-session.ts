/** The first host of a list that lets us in. */
import type { Socket } from "node:net";
import type { ConnectionOptions, HostTarget } from "../conninfo/options.ts";
import { findPassword } from "../conninfo/passfile.ts";
import { checkSupported } from "../conninfo/supported.ts";
import { ServerError, WireError } from "../errors.ts";
import { startDeadline } from "../frame/deadline.ts";
import { dial, serverAddress } from "./dial.ts";
import { parseRequireAuth } from "./require-auth.ts";
import { startSession } from "./start-session.ts";
import type { Session, SessionRequest } from "./start-session.ts";

/** A session, and where it is. */
export interface OpenedSession extends Session<Socket> {
  /** The server's end: `127.0.0.1:5432`, `[::1]:5432`, or the path of the Unix socket. */
  readonly server: string;
}

/**
 * Opens a session on the first host that can be reached. As in libpq the next host is tried after a connection
 * that could not be made, a time-out, or a server that is starting up or shutting down (57P03); any other refusal
 * is final. A password that the server asks for is the one of the host, or comes from the password file.
 *
 * @throws {ServerError} the server refused, all its fields intact
 * @throws {WireError} `not_supported` for options that this build cannot carry out
 */
export async function openSession(options: ConnectionOptions, signal?: AbortSignal): Promise<OpenedSession> {
  const settings = options.settings ?? new Map<string, string>();
  checkSupported(settings);
  const requireAuth = parseRequireAuth(settings.get("require_auth") ?? "");
  const failures: Error[] = [];
  for (const target of options.hosts) {
    try {
      const { user, database, parameters = [] } = options;
      const password = async () => await findPassword(options, target);
      const request = { user, database, parameters, findPassword: password, requireAuth };
      return await openOne(target, request, options, signal);
    } catch (error) {
      if (!mayTryNext(error, signal)) {
        throw error;
      }
      failures.push(error);
    }
  }
  const [only] = failures;
  if (only !== undefined && failures.length === 1) {
    throw only;
  }
  const text = failures.map((error) => error.message).join("\n");
  throw new WireError("connect_failed", text || "no host to connect to", new AggregateError(failures));
}

async function openOne(
  target: HostTarget,
  request: SessionRequest,
  options: ConnectionOptions,
  signal: AbortSignal | undefined,
): Promise<OpenedSession> {
  const deadline = startDeadline(options.connectTimeout ?? null, `connection to "${target.host}"`, signal);
  try {
    const socket = await dial(target, deadline.signal);
    setKeepAlive(socket, options);
    const server = serverAddress(socket, target);
    const session = await startSession(socket, request, deadline.signal);
    return { ...session, server };
  } finally {
    deadline.clear();
  }
}

function setKeepAlive(socket: Socket, options: ConnectionOptions): void {
  const idle = Number(options.settings?.get("keepalives_idle") ?? 0);
  if (options.settings?.get("keepalives") !== "0") {
    socket.setKeepAlive(true, Number.isInteger(idle) && idle > 0 ? idle * 1000 : 0);
  }
}

function mayTryNext(error: unknown, signal: AbortSignal | undefined): error is Error {
  if (signal?.aborted === true) {
    return false;
  }
  return error instanceof ServerError
    ? error.code === "57P03"
    : error instanceof WireError && (error.code === "connect_failed" || error.code === "timeout");
}
