import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { utf8Text } from "@sallyport/policy";
import type { GeneratedAttempt, TestPostgres } from "@sallyport/testkit";
import {
  encodeSslRequest,
  encodeTerminate,
  fromUnicode,
  Secret,
  ServerError,
  startSession,
} from "@sallyport/wire";

/** What a server answered to an attempt, as its client sees it. */
export interface Answered {
  /** AuthenticationOk came; what came after it has nothing to do with the rules. */
  readonly admitted: boolean;
  /** Null: the session was ready. */
  readonly fatal: { readonly sqlstate: string; readonly message: string } | null;
  /** For finding the connection in the server's log; null: a Unix-domain socket has none. */
  readonly localPort: number | null;
}

const within = 20_000;

/** Connects from the attempt's address, as the attempt says, and goes as soon as the server has answered. */
export async function knock(server: TestPostgres, attempt: GeneratedAttempt): Promise<Answered> {
  const { address, user, database, replication } = attempt;
  const socket = address === null ? connect(server.paths.socket) : connectFrom(address, server.port);
  return await greet(socket, { user, database, replication, ssl: attempt.ssl });
}

/** Connects over the Unix socket as another OS user, which only root can. */
export async function knockAs(
  server: TestPostgres,
  uid: number,
  attempt: GeneratedAttempt,
): Promise<Answered> {
  // The kernel notes whose connection it is within connect(), which is called before connect returns.
  process.seteuid?.(uid);
  let socket: Socket;
  try {
    socket = connect(server.paths.socket);
  } finally {
    process.seteuid?.(0);
  }
  const { user, database, replication, ssl } = attempt;
  return await greet(socket, { user, database, replication, ssl });
}

/** The client's side from the socket on. */
async function greet(
  socket: Socket,
  {
    user,
    database,
    replication,
    ssl,
  }: Omit<GeneratedAttempt, "address" | "database"> & { readonly database: string | undefined },
): Promise<Answered> {
  const signal = AbortSignal.timeout(within);
  try {
    await once(socket, "connect", { signal });
    const localPort = socket.localPort ?? null;
    const stream = ssl ? await startTls(socket, signal) : socket;
    const answer = { localPort, admitted: true, fatal: null };
    try {
      const session = await startSession<Duplex>(
        stream,
        {
          user: fromUnicode(user),
          database: fromUnicode(database ?? ""),
          parameters: [
            ...(database === "" ? [["database", ""] as const] : []),
            ...(replication === false ? [] : [["replication", String(replication)] as const]),
          ],
          findPassword: async () => await Promise.resolve({ password: new Secret("wrong"), warning: null }),
        },
        signal,
      );
      session.stream.end(encodeTerminate());
      return answer;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      const fatal = { sqlstate: error.code, message: utf8Text(error.message) };
      return { ...answer, admitted: error.authenticated, fatal };
    }
  } finally {
    socket.destroy();
  }
}

/** Can this machine connect to its own loopback address from there? */
export async function canConnectFrom(address: string, port: number): Promise<boolean> {
  const socket = connectFrom(address, port);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(within) });
    return socket.localAddress === address;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function connectFrom(localAddress: string, port: number): Socket {
  const host = localAddress.includes(":") ? "::1" : "127.0.0.1";
  return connect({ host, port, localAddress, noDelay: true });
}

async function startTls(socket: Socket, signal: AbortSignal): Promise<Duplex> {
  socket.write(encodeSslRequest());
  const [answer] = (await once(socket, "data", { signal })) as [Buffer];
  if (answer.toString() !== "S") throw new Error(`the server answered "${answer.toString()}" to SSLRequest`);
  const stream = connectTls({ socket, rejectUnauthorized: false });
  await once(stream, "secureConnect", { signal });
  return stream;
}
