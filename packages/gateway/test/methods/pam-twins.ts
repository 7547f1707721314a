import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tempDirectory, writePamFiles } from "@sallyport/testkit";
import type { PamFiles } from "@sallyport/testkit";

export interface PamTwinOptions {
  readonly hba: string;
  readonly statements: readonly string[];
}

/** A gate and Debian's PostgreSQL 15 with the same rules, which have the same `/etc/pam.d`: one of their own. */
export interface PamTwins extends AsyncDisposable {
  readonly ports: TwinPorts;
  readonly logs: () => Promise<TwinLogs>;
}

export interface TwinPorts {
  readonly postgres: number;
  readonly gate: number;
}

export interface TwinLogs {
  readonly postgres: string;
  readonly gate: string;
}

/** Own files in place of the system's, for this process and its children alone (mount_namespaces(7)). */
const enter = `for name in pam.d nsswitch.conf hosts; do mount --bind "$1/$name" "/etc/$name" || exit 1; done
shift; exec "$@"`;

const program = fileURLToPath(new URL("pam-twins-process.ts", import.meta.url));

export async function startPamTwins(options: PamTwinOptions, files: PamFiles): Promise<PamTwins> {
  const room = await tempDirectory(0o755);
  await writePamFiles(join(room.path, "pam.d"), files);
  await writeFile(
    join(room.path, "nsswitch.conf"),
    "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
  );
  await writeFile(join(room.path, "hosts"), "127.0.0.1 localhost\n127.0.5.1 client.example.com\n");
  for (const name of ["nsswitch.conf", "hosts"]) await chmod(join(room.path, name), 0o644);
  const node = [process.execPath, "--conditions=sallyport-source", program];
  const child = spawn(
    "unshare",
    ["--mount", "--propagation", "private", "sh", "-c", enter, "sh", room.path, ...node],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  const gone = new AbortController();
  const ended = once(child, "exit").then(() => gone.abort());
  const ports = (await ask(child, options, gone.signal)) as TwinPorts;
  return {
    ports,
    logs: async () => (await ask(child, "logs", gone.signal)) as TwinLogs,
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await ended;
      await room.remove();
    },
  };
}

/** One question at a time. */
async function ask(
  child: ChildProcess,
  question: PamTwinOptions | "logs",
  signal: AbortSignal,
): Promise<unknown> {
  const answer = once(child, "message", { signal });
  child.send(question);
  const [message] = (await answer) as readonly unknown[];
  return message;
}
