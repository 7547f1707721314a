import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandLine } from "../../../packages/sallyport/test/cli.ts";

/** Files of this process and its children alone, in place of the system's (mount_namespaces(7)). */
const enter = `mount --bind "$1/resolv.conf" /etc/resolv.conf && mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf &&
mount --bind "$1/pam.d" /etc/pam.d || exit 1
shift; exec "$@"`;

export interface StuckGate extends AsyncDisposable {
  readonly pid: number;
  readonly output: () => string;
}

/** A gateway whose resolver asks a name server that never answers, and whose PAM has the service `sleepy`. */
export async function startStuckGate(
  room: string,
  nameServer: string,
  serve: readonly string[],
): Promise<StuckGate> {
  await mkdir(join(room, "pam.d"));
  await Promise.all([
    writeFile(join(room, "resolv.conf"), `nameserver ${nameServer}\noptions timeout:20 attempts:1\n`),
    writeFile(join(room, "nsswitch.conf"), "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"),
    writeFile(
      join(room, "pam.d", "sleepy"),
      "auth required pam_exec.so quiet /bin/sleep 30\naccount required pam_permit.so\n",
    ),
  ]);
  const child = spawn(
    "unshare",
    [
      ...["--mount", "--propagation", "private", "sh", "-c", enter, "sh", room],
      ...[process.execPath, ...commandLine, "serve", ...serve],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = once(child, "exit");
  let output = "";
  const ready = new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("ready to accept connections")) resolve();
    });
  });
  await Promise.race([ready, ended]);
  if (child.exitCode !== null) throw new Error(`the gateway ended before it was ready:\n${output}`);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGQUIT");
      await ended;
    },
  };
}
