import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { inject } from "vitest";

/** Of `program.ts`. */
const directory = inject("program");
const program = join(directory, "lib/cli.js");
const tryOutProgram = join(directory, "lib/try-out.js");
/** Compiled code of earlier starts. */
const compileCache = join(directory, "compiled");

export interface CliOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Arguments of Node that run the CLI of this checkout. */
export const commandLine: readonly string[] = [program];

/** Our environment without what would change the meaning of a command line. */
function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !/^(?:PG|SALLYPORT_|NODE_OPTIONS)/.test(name));
  return { ...Object.fromEntries(ours), TZ: "UTC", NODE_COMPILE_CACHE: compileCache, ...more };
}

/** Runs the command line as a user does, to its end. */
export async function sallyport(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await ended(start([program, ...args], options), options.input);
}

/** A command line inside a shell, with `sallyport` in it. */
export async function inShell(line: string, options: CliOptions = {}): Promise<CliResult> {
  const child = spawn("sh", ["-c", `sallyport() { "$NODE" "$PROGRAM" "$@"; }\n${line}`], {
    cwd: options.cwd ?? "/",
    env: environment({ ...options.env, NODE: process.execPath, PROGRAM: program }),
    stdio: "pipe",
  });
  return await ended(child, options.input);
}

/** Starts a gateway and waits until it says that it is ready. */
export async function serve(args: readonly string[], options: CliOptions = {}): Promise<Running> {
  return await running(start([program, "serve", ...args], options), "ready to accept connections");
}

/** Starts what `npm start` runs, and waits until it has printed the last of its lines. */
export async function startTryOut(cwd: string): Promise<Running> {
  return await running(start([tryOutProgram], { cwd }), "The log:");
}

export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly output: () => string;
  /** Resolves with the exit status. */
  readonly ended: Promise<number | null>;
  /** Sends a signal, and waits for the end. */
  readonly stop: (signal: NodeJS.Signals) => Promise<number | null>;
}

async function running(child: ChildProcess, mark: string): Promise<Running> {
  let output = "";
  const exit = once(child, "exit");
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(mark)) resolve();
    });
  }
  await Promise.race([promise, exit]);
  if (!output.includes(mark)) throw new Error(`it ended before it was ready:\n${output}`);
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await exit;
    return child.exitCode;
  };
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended: exit.then(() => child.exitCode),
    stop,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) await stop("SIGQUIT");
    },
  };
}

function start(args: readonly string[], { cwd = "/", env = {} }: CliOptions): ChildProcess {
  return spawn(process.execPath, args, { cwd, env: environment(env), stdio: "pipe" });
}

async function ended(child: ChildProcess, input = ""): Promise<CliResult> {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error("it was not started with pipes");
  stdin.on("error", () => undefined);
  stdin.end(input);
  const closed = once(child, "close");
  const [out, err] = await Promise.all([text(stdout), text(stderr)]);
  await closed;
  return { status: child.exitCode, stdout: out, stderr: err };
}
