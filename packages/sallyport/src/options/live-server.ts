import { homedir, userInfo } from "node:os";
import { loadOs, upstreamSurroundings } from "@sallyport/gateway";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import {
  conninfoEnvironment,
  connect,
  parseConninfo,
  resolveConninfo,
  ServerError,
  WireError,
  withService,
} from "@sallyport/wire";
import type { Client, ConnectionOptions } from "@sallyport/wire";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";

/** Where servers of Debian have their sockets; PostgreSQL's own builds have them in `/tmp`. */
const socketDirectory = "/var/run/postgresql";

/** Where the system's service file is in Debian's builds. */
const systemDirectory = "/etc/postgresql-common";

const connectWithin = 10_000;

/** Does something with a connection to a live server, and closes it. */
export async function withClient<T>(
  conninfo: string,
  io: Io,
  act: (client: Client) => Promise<T>,
): Promise<T> {
  warnOfPassword(conninfo, io);
  try {
    const { connectTimeout, ...options } = await liveOptions(utf8Bytes(conninfo), io);
    await loadOs();
    const limited = { ...options, connectTimeout: connectTimeout ?? connectWithin };
    const client = await connect(limited, {}, undefined, upstreamSurroundings);
    try {
      return await act(client);
    } finally {
      await client.close();
    }
  } catch (error) {
    if (error instanceof ServerError || error instanceof WireError) {
      throw new Failure(utf8Text(error.message), { cause: error });
    }
    throw error;
  }
}

/** What stands on the command line, others on this machine can read. */
export function warnOfPassword(conninfo: string, io: Io): void {
  if (/\bpassword\s*=/.test(conninfo) || /^postgres(?:ql)?:\/\/[^/@]*:[^/@]*@/.test(conninfo)) {
    io.stderr("sallyport: warning: a password on the command line can be read by others; use a passfile\n");
  }
}

/**
 * A connection string, filled in from service file and environment as libpq does. The passfile is looked into when a server asks
 * for a password.
 */
export async function liveOptions(conninfo: Bytes, io: Io): Promise<ConnectionOptions> {
  const surroundings = {
    environment: conninfoEnvironment(io.environment),
    osUser: ownName(),
    homeDirectory: utf8Bytes(homedir()),
    socketDirectory,
    systemDirectory,
  };
  return resolveConninfo(await withService(parseConninfo(conninfo), surroundings), surroundings);
}

/** Null for a user whom the system has no name for, as containers run some. */
function ownName(): Bytes | null {
  try {
    return utf8Bytes(userInfo().username);
  } catch {
    return null;
  }
}
