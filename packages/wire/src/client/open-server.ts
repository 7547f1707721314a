/** One server: the connection, encrypted or not, and the session on it. */
import type { Socket } from "node:net";
import type { ConnectionOptions, HostTarget } from "../conninfo/options.ts";
import { findPassword } from "../conninfo/passfile.ts";
import { ServerError, WireError } from "../errors.ts";
import { startDeadline } from "../frame/deadline.ts";
import { dial } from "./dial.ts";
import { checkPeer } from "./peer-user.ts";
import type { PeerUser } from "./peer-user.ts";
import type { AuthRequirement } from "./require-auth.ts";
import { describeHost, serverAddress, socketPath } from "./server-target.ts";
import type { ServerTarget } from "./server-target.ts";
import { startSession } from "./start-session.ts";
import type { Session } from "./start-session.ts";
import { isPrivate } from "./private-channel.ts";
import type { Proof } from "./proof.ts";
import { setTcpOptions } from "./tcp-options.ts";
import type { SetTcpOption } from "./tcp-options.ts";
import { checkSession } from "./target-session.ts";
import type { WantedSession } from "./target-session.ts";
import { EncryptionPlan } from "./tls/encryption-plan.ts";
import { NOT_REQUESTED, requestTls, startTls } from "./tls/start-tls.ts";
import type { EncryptedSocket } from "./tls/start-tls.ts";
import type { TlsWay } from "./tls/tls-way.ts";
import { tlsFailed } from "./tls/tls-error.ts";
import type { ChannelBindingMode, TlsOptions } from "../conninfo/tls-options.ts";

/** A session, and where it is. */
export interface OpenedSession extends Session<Socket> {
  /** The server's end: `127.0.0.1:5432`, `[::1]:5432`, or the path of the Unix socket. */
  readonly server: string;
  /** The same, to be dialled again: for a cancel request, which must reach no other server, and goes no other way. */
  readonly target: ServerTarget;
}

/** What every server is asked for. */
export interface ServerWishes {
  readonly requireAuth: AuthRequirement;
  readonly tls: TlsOptions;
  readonly channelBinding: ChannelBindingMode;
  readonly setTcpOption: SetTcpOption | undefined;
  readonly peerUser: PeerUser | undefined;
}

interface Opening {
  readonly options: ConnectionOptions;
  readonly wishes: ServerWishes;
  /** What to log in with in place of a password; null: nothing; absent: by a password. */
  readonly proof: Proof | null | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A connection that is ready for a startup packet. */
interface Connection {
  readonly socket: Socket;
  readonly encrypted: EncryptedSocket | null;
}

/**
 * Opens a session on one server, within `connect_timeout`. What fails in TLS before the server has let us in is tried
 * without, or the other way round, as far as `sslmode` allows it.
 *
 * @throws {ServerError} the last refusal
 * @throws {WireError} those of TLS have the server's name in them, and all that failed before
 */
export async function openServer(
  target: ServerTarget,
  host: HostTarget,
  wanted: WantedSession,
  opening: Opening,
): Promise<OpenedSession> {
  const { options, wishes } = opening;
  const deadline = startDeadline(options.connectTimeout ?? null, describeHost(target), opening.signal);
  const plan = new EncryptionPlan(wishes.tls.mode, socketPath(target) !== null);
  const earlier: string[] = [];
  try {
    for (;;) {
      try {
        return await openOnce(target, host, wanted, plan, { ...opening, signal: deadline.signal });
      } catch (error) {
        if (!plan.mayGoOn(error))
          throw error instanceof WireError ? withServer(error, target, earlier) : error;
        earlier.push(failureText(error, target));
      }
    }
  } finally {
    deadline.clear();
  }
}

async function openOnce(
  target: ServerTarget,
  host: HostTarget,
  wanted: WantedSession,
  plan: EncryptionPlan,
  { options, wishes, proof, signal }: Opening & { readonly signal: AbortSignal },
): Promise<OpenedSession> {
  const way: TlsWay = {
    options: wishes.tls,
    host: target.nameless === true ? "" : target.host,
  };
  const { socket, encrypted } = await openConnection(target, way, plan, { options, wishes, proof, signal });
  const session = await startSession(
    socket,
    {
      user: options.user,
      database: options.database,
      parameters: options.parameters ?? [],
      findPassword: async () => await findPassword(options, host),
      proof,
      isPrivate: isPrivate(target, socket, options.settings),
      requireAuth: wishes.requireAuth,
      channelBinding: {
        mode: wishes.channelBinding,
        serverCertificate: encrypted?.serverCertificate ?? null,
      },
      lacksCertificate:
        wishes.tls.certificateMode === "require"
          ? encrypted === null
            ? NOT_REQUESTED
            : encrypted.lacksCertificate
          : null,
    },
    signal,
  );
  return {
    ...(await checkSession(session, wanted, signal)),
    server: serverAddress(target),
    target: encrypted === null ? target : { ...target, tls: way },
  };
}

/** On failure the socket is destroyed. */
async function openConnection(
  target: ServerTarget,
  way: TlsWay,
  plan: EncryptionPlan,
  { options, wishes, signal }: Opening & { readonly signal: AbortSignal },
): Promise<Connection> {
  const socket = await dial(target, signal);
  try {
    const required = options.settings?.get("requirepeer") ?? "";
    if (socketPath(target) === null) setTcpOptions(socket, options.settings, wishes.setTcpOption);
    else if (required !== "" && wishes.peerUser !== undefined) {
      await checkPeer(socket, required, wishes.peerUser, signal);
    }
    if (plan.next() === "none") return { socket, encrypted: null };
    if (way.options.direct || (await requestTls(socket, signal))) {
      const encrypted = await startTls(socket, way, signal);
      return { socket: encrypted.socket, encrypted };
    }
    // The connection is still good for the clear, if that has not been tried before.
    if (plan.next() === "none") return { socket, encrypted: null };
    throw tlsFailed("server does not support SSL, but SSL was required");
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function failureText(error: unknown, target: ServerTarget): string {
  const reason = error instanceof ServerError ? `${error.severity}:  ${error.message}` : reasonOf(error);
  return `connection to ${describeHost(target)} failed: ${reason}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** As libpq shows it: with the server in it, behind what failed there before. Other errors have their own words. */
function withServer(error: WireError, target: ServerTarget, earlier: readonly string[]): WireError {
  return error.code === "tls_failed"
    ? new WireError("tls_failed", [...earlier, failureText(error, target)].join("\n"), error)
    : error;
}
