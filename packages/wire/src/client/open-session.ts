/** The first server of a list that lets us in, and whose session is of the kind that is asked for. */
import { randomInt } from "node:crypto";
import type { Socket } from "node:net";
import type { ConnectionOptions, HostTarget } from "../conninfo/options.ts";
import { findPassword } from "../conninfo/passfile.ts";
import { checkSupported } from "../conninfo/supported.ts";
import type { ConninfoValues } from "../conninfo/values.ts";
import { WireError } from "../errors.ts";
import { startDeadline } from "../frame/deadline.ts";
import { dial } from "./dial.ts";
import { allFailed, failureOf } from "./failover.ts";
import type { Failure } from "./failover.ts";
import { isPrivate } from "./private-channel.ts";
import type { Proof } from "./proof.ts";
import { parseRequireAuth } from "./require-auth.ts";
import type { AuthRequirement } from "./require-auth.ts";
import { describeHost, serverAddress, serversOf, socketPath, systemAddresses } from "./server-target.ts";
import type { LookUpAddresses, ServerTarget } from "./server-target.ts";
import { shuffle } from "./shuffle.ts";
import { startSession } from "./start-session.ts";
import type { Session, SessionRequest } from "./start-session.ts";
import { setTcpOptions } from "./tcp-options.ts";
import type { SetTcpOption } from "./tcp-options.ts";
import { checkSession, passesOf } from "./target-session.ts";
import type { WantedSession } from "./target-session.ts";

/** A session, and where it is. */
export interface OpenedSession extends Session<Socket> {
  /** The server's end: `127.0.0.1:5432`, `[::1]:5432`, or the path of the Unix socket. */
  readonly server: string;
  /** The same, to be dialled again: for a cancel request, which must reach no other server. */
  readonly target: ServerTarget;
}

/** What finding a server depends on beside its connection string. */
export interface SessionSurroundings {
  /** The system's resolver by default. */
  readonly lookUp?: LookUpAddresses;
  /** A random integer from 0 up to, but not including, `bound`; the system's by default. */
  readonly randomBelow?: (bound: number) => number;
  /** Without it `keepalives_interval`, `keepalives_count` and `tcp_user_timeout` are refused. */
  readonly setTcpOption?: SetTcpOption;
}

/**
 * Opens a session on the first server that will do, in libpq's order: the hosts as they are given, of each all its
 * addresses; both shuffled under `load_balance_hosts=random`. As in libpq the next address is tried after a connection
 * that could not be made and after a time-out, which each address has for itself; the next host after a server that
 * does not accept connections (57P03), or whose session is not what `target_session_attrs` asks for. Any other
 * refusal is final. A password that a server asks for is the one of the host, or comes from the password file.
 *
 * @param proof to log in with in place of any password; null: there is nothing; absent: it is not so
 * @throws {ServerError} the server refused, all its fields intact
 * @throws {WireError} `not_supported` for options that this build cannot carry out; if no host will do, the only
 * failure, or `connect_failed` with a line for each
 */
export async function openSession(
  options: ConnectionOptions,
  signal?: AbortSignal,
  surroundings: SessionSurroundings = {},
  proof?: Proof | null,
): Promise<OpenedSession> {
  const settings = options.settings ?? new Map<string, string>();
  checkSupported(settings, surroundings.setTcpOption !== undefined);
  const { lookUp = systemAddresses, randomBelow = randomInt } = surroundings;
  const search: Search = {
    options,
    requireAuth: parseRequireAuth(settings.get("require_auth") ?? ""),
    inOrder:
      settings.get("load_balance_hosts") === "random" ? (all) => shuffle(all, randomBelow) : (all) => all,
    lookUp,
    setTcpOption: surroundings.setTcpOption,
    proof,
    signal,
    failures: [],
  };
  const hosts = search.inOrder(options.hosts);
  for (const wanted of passesOf(settings.get("target_session_attrs") ?? "any")) {
    for (const host of hosts) {
      const session = await tryHost(host, wanted, search);
      if (session !== null) {
        return session;
      }
    }
  }
  throw allFailed(search.failures);
}

interface Search {
  readonly options: ConnectionOptions;
  readonly requireAuth: AuthRequirement;
  readonly inOrder: <T>(all: readonly T[]) => readonly T[];
  readonly lookUp: LookUpAddresses;
  readonly setTcpOption: SetTcpOption | undefined;
  readonly proof: Proof | null | undefined;
  readonly signal: AbortSignal | undefined;
  /** In the order of the attempts. */
  readonly failures: Failure[];
}

/** A session on one host, or null if the next host may be tried. */
async function tryHost(
  host: HostTarget,
  wanted: WantedSession,
  search: Search,
): Promise<OpenedSession | null> {
  for (const target of search.inOrder(await addressesOf(host, search))) {
    try {
      return await openOne(target, host, wanted, search);
    } catch (error) {
      const failure = search.signal?.aborted === true ? null : failureOf(error, target);
      if (failure === null) {
        throw error;
      }
      search.failures.push(failure);
      if (failure.next === "host") {
        return null;
      }
    }
  }
  return null;
}

/** None if the name cannot be looked up: that is one more failure. */
async function addressesOf(host: HostTarget, search: Search): Promise<readonly ServerTarget[]> {
  const { options, lookUp, signal, failures } = search;
  const deadline = startDeadline(options.connectTimeout ?? null, `address of host "${host.host}"`, signal);
  try {
    return await serversOf(host, lookUp, deadline.signal);
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof WireError)) {
      throw error;
    }
    failures.push({ error, text: error.message, next: "host" });
    return [];
  } finally {
    deadline.clear();
  }
}

async function openOne(
  target: ServerTarget,
  host: HostTarget,
  wanted: WantedSession,
  { options, requireAuth, setTcpOption, proof, signal }: Search,
): Promise<OpenedSession> {
  const { user, database, parameters = [] } = options;
  const password = async () => await findPassword(options, host);
  const request: SessionRequest = { user, database, parameters, findPassword: password, requireAuth };
  const deadline = startDeadline(options.connectTimeout ?? null, describeHost(target), signal);
  try {
    const socket = await dial(target, deadline.signal);
    if (socketPath(target) === null) setOptions(socket, options.settings, setTcpOption);
    const onIts = { proof, isPrivate: isPrivate(target, socket, options.settings) };
    const session = await startSession(socket, { ...request, ...onIts }, deadline.signal);
    return {
      ...(await checkSession(session, wanted, deadline.signal)),
      server: serverAddress(target),
      target,
    };
  } finally {
    deadline.clear();
  }
}

/** What cannot be set is a connection that cannot be made. */
function setOptions(
  socket: Socket,
  settings: ConninfoValues | undefined,
  setTcpOption: SetTcpOption | undefined,
): void {
  try {
    setTcpOptions(socket, settings, setTcpOption);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
