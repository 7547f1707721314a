import type { Bytes, Line } from "@sallyport/policy";
import { sessionTime } from "./log-time.ts";

/** The client's end of a connection; without a port: a Unix socket, whose host is `[local]`. */
export interface Peer {
  readonly host: Bytes;
  readonly port: Bytes | null;
}

/** The words of PostgreSQL's log about one connection, from its beginning to its end. */
export function connectionReceived({ host, port }: Peer, proxy: Peer | null = null): Bytes {
  const received = `connection received: host=${host}${port === null ? "" : ` port=${port}`}`;
  return proxy === null ? received : `${received} proxy=${proxy.host}(${proxy.port ?? ""})`;
}

/** Nobody knows whose connection it is, so nobody is let in by it. */
export function noProxyHeader(reason: Bytes): Bytes {
  return `could not accept connection from a proxy: ${reason}`;
}

/** `log_hostname` got no answer. */
export function noNameForLog(reason: Bytes): Bytes {
  return `pg_getnameinfo_all() failed: ${reason}`;
}

/** The line of `pg_hba.conf` by which somebody was let in. */
export type RuleLine = Pick<Line, "file" | "number">;

/** `method` is the word of the rule: an md5 rule that ran SCRAM logs md5. */
export function connectionAuthenticated(identity: Bytes, method: string, line: RuleLine): Bytes {
  return `connection authenticated: identity="${identity}" method=${method} (${line.file}:${line.number})`;
}

/** For methods that prove no identity: trust. */
export function connectionAuthenticatedWithoutIdentity(user: Bytes, method: string, line: RuleLine): Bytes {
  return `connection authenticated: user="${user}" method=${method} (${line.file}:${line.number})`;
}

export interface AuthorizedConnection {
  readonly user: Bytes;
  /** Null: a physical walsender. */
  readonly database: Bytes | null;
  /** As the client gave it, already made printable; absent: not shown. */
  readonly applicationName?: Bytes | undefined;
  /** A logical walsender has a database and logs none. */
  readonly replication?: boolean;
  /** Absent: there is no TLS. */
  readonly tls?: ShownTls | undefined;
  /** Absent: GSSAPI neither encrypts nor has said who it is. */
  readonly gss?: ShownGss | undefined;
  /** The session behind it; shown after PostgreSQL's own words, since PostgreSQL has none to show. */
  readonly upstream?: UpstreamSession | undefined;
  /** Shown behind the upstream, and only with one. */
  readonly admission?: Admission | undefined;
}

/** What a handshake has settled, as OpenSSL calls it; bits are those of the cipher's key. */
export interface ShownTls {
  readonly protocol: Bytes;
  readonly cipher: Bytes;
  readonly bits: number;
}

export interface ShownGss {
  readonly encrypted: boolean;
  /** Whose ticket was asked for; null: nobody's, since another method decided. */
  readonly principal: Bytes | null;
}

export interface UpstreamSession {
  /** `127.0.0.1:5432`, `[::1]:5432`, or the path of a Unix socket. */
  readonly name: Bytes;
  /** Of the backend, as it says itself; null if it does not. */
  readonly pid: number | null;
}

/** By what somebody came in: what an audit asks of a login, in one line. */
export interface Admission {
  readonly line: RuleLine;
  /** The word of the rule. */
  readonly method: string;
  /** Null: the method proves none. */
  readonly identity: Bytes | null;
  readonly encryption: "none" | "ssl" | "gss";
}

export function connectionAuthorized(connection: AuthorizedConnection): Bytes {
  const { user, database, applicationName, replication = database === null, tls, gss, upstream } = connection;
  const start = replication
    ? `replication connection authorized: user=${user}`
    : `connection authorized: user=${user} database=${database ?? ""}`;
  const name = applicationName === undefined ? "" : ` application_name=${applicationName}`;
  const shown = `${start}${name}${tls ? encrypted(tls) : ""}${gss ? byGss(gss) : ""}`;
  if (!upstream) return shown;
  const pid = upstream.pid === null ? "" : ` pid=${upstream.pid}`;
  return `${shown} upstream=${upstream.name}${pid}${connection.admission ? admitted(connection.admission) : ""}`;
}

function encrypted({ protocol, cipher, bits }: ShownTls): Bytes {
  return ` SSL enabled (protocol=${protocol}, cipher=${cipher}, bits=${bits})`;
}

/** Credentials that a client delegates are never taken. */
function byGss({ encrypted: isEncrypted, principal }: ShownGss): Bytes {
  const [authenticated, sealed] = [principal !== null, isEncrypted].map((is) => (is ? "yes" : "no"));
  const whose = principal === null ? "" : `, principal=${principal}`;
  return ` GSS (authenticated=${authenticated}, encrypted=${sealed}, delegated_credentials=no${whose})`;
}

function admitted({ line, method, identity, encryption }: Admission): Bytes {
  const shown = ` rule=${line.file}:${line.number} method=${method} encryption=${encryption}`;
  return identity === null ? shown : `${shown} identity="${identity}"`;
}

/** Milliseconds of the aspect `setup_durations`. */
export interface SetupDurations {
  readonly total: number;
  readonly fork: number;
  readonly authentication: number;
}

export function connectionReady({ total, fork, authentication }: SetupDurations): Bytes {
  const durations = Object.entries({ "setup total": total, fork, authentication });
  return `connection ready: ${durations.map(([of, ms]) => `${of}=${ms.toFixed(3)} ms`).join(", ")}`;
}

export interface EndedSession extends Peer {
  readonly milliseconds: number;
  readonly user: Bytes;
  /** Empty: a physical walsender. */
  readonly database: Bytes;
}

export function disconnection({ milliseconds, user, database, host, port }: EndedSession): Bytes {
  const time = sessionTime(milliseconds);
  const from = `host=${host}${port === null ? "" : ` port=${port}`}`;
  return `disconnection: session time: ${time} user=${user} database=${database} ${from}`;
}

export function listeningOnAddress(family: "IPv4" | "IPv6", address: Bytes, port: number): Bytes {
  return `listening on ${family} address "${address}", port ${port}`;
}

export function listeningOnSocket(path: Bytes): Bytes {
  return `listening on Unix socket "${path}"`;
}

export function couldNotBind(family: "IPv4" | "IPv6", address: Bytes, reason: Bytes): Bytes {
  return `could not bind ${family} address "${address}": ${reason}`;
}

export function couldNotBindSocket(path: Bytes, reason: Bytes): Bytes {
  return `could not bind Unix address "${path}": ${reason}`;
}

/** The words for each way to end. */
export const shutdownRequest: Readonly<Record<"smart" | "fast" | "immediate", Bytes>> = {
  smart: "received smart shutdown request",
  fast: "received fast shutdown request",
  immediate: "received immediate shutdown request",
};

/** A broken file at a reload: what it said before counts on. */
export function notReloaded(file: Bytes): Bytes {
  return `${file} was not reloaded`;
}

export function couldNotLoad(file: Bytes): Bytes {
  return `could not load ${file}`;
}
