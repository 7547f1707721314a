/** Where a server is: a Unix socket, or one address of a host. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { toUnicode } from "../byte-string.ts";
import type { HostTarget } from "../conninfo/options.ts";
import { WireError } from "../errors.ts";
import { orAborted } from "../frame/or-aborted.ts";
import type { TlsWay } from "./tls/tls-way.ts";

/**
 * One server, with nothing left to look up: a Unix socket, or `address` is given. Dialled again it can lead to no
 * other server. There is no password in it.
 */
export interface ServerTarget extends Omit<HostTarget, "password"> {
  /** Of a session in TLS: how that was made. */
  readonly tls?: TlsWay;
}

/** All addresses of a host name (a byte string), in the order to try them. Fails as `dns.lookup` does. */
export type LookUpAddresses = (name: string) => Promise<readonly string[]>;

const underWay = new Map<string, Promise<readonly string[]>>();

/**
 * As libpq asks: the system's resolver, both families, in its order. Whoever asks for a name while it is being looked
 * up gets that answer: a resolver that hangs holds one thread a name, not one a login.
 */
export const systemAddresses: LookUpAddresses = async (name) => {
  const looking = underWay.get(name) ?? askSystem(name).finally(() => underWay.delete(name));
  underWay.set(name, looking);
  return await looking;
};

async function askSystem(name: string): Promise<readonly string[]> {
  const found = await lookup(toUnicode(name), { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
}

/**
 * The servers that a target stands for: itself, or one for each address of its host name.
 *
 * @throws {WireError} `connect_failed` if the name has no address, `timeout`, `aborted`
 */
export async function serversOf(
  { host, address, port, nameless }: HostTarget,
  lookUp: LookUpAddresses,
  signal?: AbortSignal,
): Promise<readonly ServerTarget[]> {
  if (address !== undefined) {
    return [{ host, address, port, ...(nameless === true && { nameless }) }];
  }
  if (socketPath({ host, port }) !== null) {
    return [{ host, port }];
  }
  if (isIP(host) !== 0) {
    return [{ host, address: host, port }];
  }
  const addresses = await orAborted(lookUp(host), signal).catch((error: unknown) => {
    throw error instanceof WireError ? error : unknownHost(host, error);
  });
  if (addresses.length === 0) {
    throw unknownHost(host, null);
  }
  return addresses.map((each) => ({ host, address: each, port }));
}

/** The resolver's words for Node's codes, as libpq shows them. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["ENOTFOUND", "Name or service not known"],
  ["EAI_AGAIN", "Temporary failure in name resolution"],
]);

function unknownHost(host: string, error: unknown): WireError {
  const code: unknown = error instanceof Error && "code" in error ? error.code : "ENOTFOUND";
  const reason = REASONS.get(code) ?? String(code);
  return new WireError(
    "connect_failed",
    `could not translate host name "${host}" to address: ${reason}`,
    error,
  );
}

/** The path of the Unix socket, `@…` in the abstract namespace; null for TCP. */
export function socketPath(target: ServerTarget): string | null {
  return target.address === undefined && /^[/@]/.test(target.host)
    ? `${target.host}/.s.PGSQL.${target.port}`
    : null;
}

/** How a server is called in errors, as libpq does: `server at "h" (127.0.0.1), port 5432`, `server on socket "…"`. */
export function describeHost(target: ServerTarget): string {
  const { host, address = host, port } = target;
  const path = socketPath(target);
  return path === null
    ? `server at "${host}"${address === host ? "" : ` (${address})`}, port ${port}`
    : `server on socket "${path}"`;
}

/** The server's end of a connection, for logs: `127.0.0.1:5432`, `[::1]:5432`, or the path of the Unix socket. */
export function serverAddress(target: ServerTarget): string {
  const { host, address = host, port } = target;
  return socketPath(target) ?? `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
