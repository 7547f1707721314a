import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { ListenOptions, Server, Socket } from "node:net";

/** Where PostgreSQL asks, always. */
export const identPort = 113;

/** The port for one test file: the others wait, in whichever process they are. */
export interface IdentPort extends AsyncDisposable {
  /** Root may listen there, unless somebody does already: a service of the machine's. */
  readonly usable: boolean;
}

/** An abstract socket, which goes away with its process. */
const lock = "\0sallyport-test-ident-port";

export async function takeIdentPort(): Promise<IdentPort> {
  const waiting = new Set<Socket>();
  const holder = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => undefined).once("close", () => waiting.delete(socket));
  });
  while (!(await listens(holder, { path: lock }))) await untilReleased();
  const trial = createServer();
  const usable = await listens(trial, { port: identPort, host: "127.0.0.1", exclusive: true });
  if (usable) await closed(trial);
  return {
    usable,
    [Symbol.asyncDispose]: async () => {
      for (const socket of waiting) socket.destroy();
      await closed(holder);
    },
  };
}

async function listens(server: Server, where: ListenOptions): Promise<boolean> {
  // `once` rejects when there is an error in its place.
  const outcome = once(server, "listening").then(
    () => true,
    () => false,
  );
  server.listen(where);
  return await outcome;
}

/** Whoever holds the lock says so by closing. */
async function untilReleased(): Promise<void> {
  const socket = connect(lock);
  socket.on("error", () => undefined).resume();
  await new Promise((resolve) => socket.once("close", resolve));
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}
