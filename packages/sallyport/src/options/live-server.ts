import { homedir, userInfo } from "node:os";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import {
  conninfoEnvironment,
  connect,
  parseConninfo,
  resolveConninfo,
  ServerError,
  WireError,
  withPasswordFile,
} from "@sallyport/wire";
import type { Client, ConnectionOptions } from "@sallyport/wire";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";

/** Where servers of Debian have their sockets; PostgreSQL's own builds have them in `/tmp`. */
const socketDirectory = "/var/run/postgresql";

const connectWithin = 10_000;

/** Does something with a connection to a live server, and closes it. */
export async function withClient<T>(
  conninfo: string,
  io: Io,
  act: (client: Client) => Promise<T>,
): Promise<T> {
  if (/\bpassword\s*=/.test(conninfo) || /^postgres(?:ql)?:\/\/[^/@]*:[^/@]*@/.test(conninfo)) {
    io.stderr("sallyport: warning: a password on the command line can be read by others; use a passfile\n");
  }
  try {
    const options = await liveOptions(conninfo, io);
    const client = await connect({ ...options, connectTimeout: options.connectTimeout ?? connectWithin });
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

/** A connection string, filled in from the environment and the passfile as libpq does. */
export async function liveOptions(conninfo: string, io: Io): Promise<ConnectionOptions> {
  const resolved = resolveConninfo(parseConninfo(utf8Bytes(conninfo)), {
    environment: conninfoEnvironment(io.environment),
    osUser: utf8Bytes(userInfo().username),
    homeDirectory: utf8Bytes(homedir()),
    socketDirectory,
  });
  const { options, warning } = await withPasswordFile(resolved, socketDirectory);
  if (warning !== null) io.stderr(`sallyport: warning: ${utf8Text(warning)}\n`);
  return options;
}
