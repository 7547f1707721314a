/** The first server of a list that lets us in, and whose session is of the kind that is asked for. */
import { randomInt } from "node:crypto";
import type { ConnectionOptions, HostTarget } from "../conninfo/options.ts";
import { checkSupported } from "../conninfo/supported.ts";
import { WireError } from "../errors.ts";
import { startDeadline } from "../frame/deadline.ts";
import { allFailed, failureOf } from "./failover.ts";
import type { Failure } from "./failover.ts";
import { openServer } from "./open-server.ts";
import type { OpenedSession, ServerWishes } from "./open-server.ts";
import type { PeerUser } from "./peer-user.ts";
import type { Proof } from "./proof.ts";
import { parseRequireAuth } from "./require-auth.ts";
import { serversOf, systemAddresses } from "./server-target.ts";
import type { LookUpAddresses, ServerTarget } from "./server-target.ts";
import { shuffle } from "./shuffle.ts";
import type { SetTcpOption } from "./tcp-options.ts";
import { passesOf } from "./target-session.ts";
import type { WantedSession } from "./target-session.ts";
import { channelBindingMode, tlsOptions } from "../conninfo/tls-options.ts";

/** What finding a server depends on beside its connection string. */
export interface SessionSurroundings {
  /** The system's resolver by default. */
  readonly lookUp?: LookUpAddresses;
  /** A random integer from 0 up to, but not including, `bound`; the system's by default. */
  readonly randomBelow?: (bound: number) => number;
  /** Without it `keepalives_interval`, `keepalives_count` and `tcp_user_timeout` are refused. */
  readonly setTcpOption?: SetTcpOption;
  /** Without it `requirepeer` is refused. */
  readonly peerUser?: PeerUser;
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
  const { lookUp = systemAddresses, randomBelow = randomInt, setTcpOption, peerUser } = surroundings;
  checkSupported(settings, { tcpOptions: setTcpOption !== undefined, peer: peerUser !== undefined });
  const search: Search = {
    options,
    wishes: {
      requireAuth: parseRequireAuth(settings.get("require_auth") ?? ""),
      tls: tlsOptions(settings, options.tls),
      channelBinding: channelBindingMode(settings),
      setTcpOption,
      peerUser,
    },
    inOrder:
      settings.get("load_balance_hosts") === "random" ? (all) => shuffle(all, randomBelow) : (all) => all,
    lookUp,
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
  readonly wishes: ServerWishes;
  readonly inOrder: <T>(all: readonly T[]) => readonly T[];
  readonly lookUp: LookUpAddresses;
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
      return await openServer(target, host, wanted, search);
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
