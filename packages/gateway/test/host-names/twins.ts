import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "@sallyport/testkit";
import type { NameServer } from "./name-server.ts";

/** What both servers are given. */
export interface TwinOptions {
  readonly hba: string;
  /** PostgreSQL's settings, for both. */
  readonly settings?: Readonly<Record<string, string>>;
  /** By what the gate calls its upstream; default: the path of its socket. */
  readonly upstreamHost?: string;
  /** Seconds for which the resolver waits for an answer, once; default 20. */
  readonly patience?: number;
}

/** A PostgreSQL and a gate with the same file, whose resolver asks one name server. */
export interface Twins extends AsyncDisposable {
  readonly ports: Ports;
  /** All that was logged, when every session that had begun is over. */
  readonly logs: () => Promise<TwinLogs>;
}

export interface Ports {
  readonly postgres: number;
  readonly gate: number;
  /** Path of the gate's socket. */
  readonly gateSocket: string;
}

export interface TwinLogs {
  readonly postgres: string;
  readonly gate: string;
}

/** Own files in place of the system's, for this process and its children alone (mount_namespaces(7)). */
const enter = `for name in resolv.conf nsswitch.conf hosts; do mount --bind "$1/$name" "/etc/$name" || exit 1; done
shift; exec "$@"`;

const program = fileURLToPath(new URL("twins-process.ts", import.meta.url));

export async function startTwins(server: NameServer, options: TwinOptions): Promise<Twins> {
  const room = await tempDirectory();
  const { patience = 20 } = options;
  await Promise.all([
    writeFile(
      join(room.path, "resolv.conf"),
      `nameserver ${server.address}\noptions timeout:${patience} attempts:1\n`,
    ),
    writeFile(join(room.path, "nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n"),
    writeFile(
      join(room.path, "hosts"),
      "127.0.0.1 localhost\n127.11.0.1 hosts.example.com\n::1 six.example.com\n",
    ),
  ]);
  const node = [process.execPath, "--conditions=sallyport-source", program];
  const child = spawn(
    "unshare",
    ["--mount", "--propagation", "private", "sh", "-c", enter, "sh", room.path, ...node],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  const gone = new AbortController();
  const ended = once(child, "exit").then(() => gone.abort());
  const ports = (await ask(child, options, gone.signal)) as Ports;
  return {
    ports,
    logs: async () => {
      for (;;) {
        const logs = (await ask(child, "logs", gone.signal)) as TwinLogs;
        if (isOver(logs.postgres) && isOver(logs.gate)) return logs;
        await delay(20);
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await ended;
      await room.remove();
    },
  };
}

/** As many ends as beginnings. */
function isOver(log: string): boolean {
  const count = (words: string): number => log.split("\n").filter((line) => line.includes(words)).length;
  return count("connection authorized: user=app ") === count(" user=app database=shop host=");
}

/** One question at a time. */
async function ask(
  child: ChildProcess,
  question: TwinOptions | "logs",
  signal: AbortSignal,
): Promise<unknown> {
  const answer = once(child, "message", { signal });
  child.send(question);
  const [message] = (await answer) as readonly unknown[];
  return message;
}
