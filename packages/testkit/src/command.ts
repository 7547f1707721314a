import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface CommandResult {
  /** Null when a signal (such as that of the time limit) ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** The whole environment; default: ours. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Written to its standard input. */
  readonly input?: string | Uint8Array;
  /** Then it is killed; default 20 s. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end. Rejects only if it cannot be started. */
export async function command(
  file: string,
  args: readonly string[],
  options: CommandOptions & { readonly uid?: number; readonly gid?: number } = {},
): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const { uid, gid } = options;
  const child = spawn(file, args, {
    cwd: options.cwd ?? "/",
    env: { ...(options.env ?? process.env) },
    stdio: "pipe",
    timeout: options.timeoutMs ?? 20_000,
    killSignal: "SIGKILL",
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.once("error", reject);
  child.once("close", (status) => {
    resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  return await promise;
}

/** Runs a command as another OS user, with that user's group alone. Only root can. */
export async function asOsUser(
  user: string | number,
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return await command(file, args, { ...options, ...osUser(user) });
}

/** An OS user of /etc/passwd by name or number. */
export function osUser(user: string | number): {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
} {
  for (const line of readFileSync("/etc/passwd", "latin1").split("\n")) {
    const [name = "", , uid = "", gid = ""] = line.split(":");
    if (name === user || (uid !== "" && Number(uid) === user))
      return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`there is no OS user ${JSON.stringify(user)} in /etc/passwd`);
}
