import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** How long a server may take to read a file of a million lines and listen. */
const readyWithinMs = 180_000;
const pollMs = 10;

export interface ChildMaking {
  readonly program: string;
  readonly args: readonly string[];
  /** Gets its standard output and error. */
  readonly logFile: string;
  /** On 127.0.0.1: it is ready once it can be connected to. */
  readonly port: number;
  /** Ends it at once. */
  readonly endSignal: NodeJS.Signals;
  readonly uid?: number;
  readonly gid?: number;
}

/** A server in a process of its own. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** From its start until it took connections. */
  readonly startedInMs: number;
}

export async function startChild(making: ChildMaking): Promise<Child> {
  const { program, args, logFile, port, endSignal, uid, gid } = making;
  const log = await open(logFile, "a");
  const began = performance.now();
  const child = spawn(program, args, {
    stdio: ["ignore", log.fd, log.fd],
    cwd: "/",
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  const exit = once(child, "exit").then(
    () => undefined,
    () => undefined,
  );
  const hasEnded = (): boolean =>
    child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const end = async (): Promise<void> => {
    if (hasEnded()) return;
    child.kill(endSignal);
    const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await exit;
    clearTimeout(late);
  };
  await log.close();
  try {
    while (!(await listens(port))) {
      if (hasEnded())
        throw new Error(`${program} has ended:\n${(await readFile(logFile, "utf8")).slice(-2000)}`);
      if (performance.now() - began > readyWithinMs) throw new Error(`${program} does not listen`);
      await delay(pollMs);
    }
  } catch (error) {
    await end();
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    startedInMs: performance.now() - began,
    [Symbol.asyncDispose]: end,
  };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
