import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const mark = "received SIGHUP, reloading configuration files";

/**
 * Makes a server read its files again and waits until it has.
 *
 * The server says in its log when it begins. It does nothing else until it is done, so an answer to a connection made
 * after that line is one made under what it read.
 *
 * @returns what it logged about it, such as `pg_hba.conf was not reloaded`
 */
export async function reloadServer(server: {
  readonly pid: number;
  readonly logFile: string;
  readonly socketPath: string;
}): Promise<string> {
  const before = (await readFile(server.logFile)).length;
  process.kill(server.pid, "SIGHUP");
  const deadline = performance.now() + 10_000;
  while (!(await logFrom(server.logFile, before)).includes(mark)) {
    if (performance.now() > deadline) throw new Error("the server did not reload within 10 s");
    await delay(2);
  }
  await askForTls(server.socketPath);
  return await logFrom(server.logFile, before);
}

async function logFrom(logFile: string, offset: number): Promise<string> {
  return (await readFile(logFile)).subarray(offset).toString();
}

/** An SSLRequest, which a server answers with one byte before it looks at any rule. */
async function askForTls(socketPath: string): Promise<void> {
  const socket = createConnection(socketPath);
  try {
    socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    await once(socket, "data", { signal: AbortSignal.timeout(10_000) });
  } finally {
    socket.destroy();
  }
}
