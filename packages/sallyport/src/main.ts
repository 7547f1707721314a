import { Command, CommanderError } from "commander";
import { utf8Text } from "@sallyport/policy";
import type { CommandMaker } from "./commands/command-maker.ts";
import { Failure, failureText } from "./failure.ts";
import type { Io } from "./io.ts";
import { version } from "./version.ts";

/** By their names, in the order of the help. Each is loaded only if it is asked for: most need no gateway. */
const commands: ReadonlyMap<string, () => Promise<CommandMaker>> = new Map([
  ["init", async () => (await import("./commands/init.ts")).initCommand],
  ["serve", async () => (await import("./commands/serve.ts")).serveCommand],
  ["reload", async () => (await import("./commands/reload.ts")).reloadCommand],
  ["status", async () => (await import("./commands/status.ts")).statusCommand],
  ["stop", async () => (await import("./commands/stop.ts")).stopCommand],
  ["rules", async () => (await import("./commands/views.ts")).rulesCommand],
  ["mappings", async () => (await import("./commands/views.ts")).mappingsCommand],
  ["explain", async () => (await import("./commands/explain.ts")).explainCommand],
  ["check", async () => (await import("./commands/check.ts")).checkCommand],
  ["diff", async () => (await import("./commands/diff.ts")).diffCommand],
  ["test", async () => (await import("./commands/test.ts")).testCommand],
  ["matrix", async () => (await import("./commands/matrix.ts")).matrixCommand],
  ["fmt", async () => (await import("./commands/fmt.ts")).fmtCommand],
  ["roles", async () => (await import("./commands/roles.ts")).rolesCommand],
]);

/** The command that is named; if none of them is, all, for the help. */
async function commandsFor(name: string | undefined): Promise<readonly CommandMaker[]> {
  const named = commands.get(name ?? "");
  return await Promise.all((named ? [named] : [...commands.values()]).map(async (load) => await load()));
}

/** Runs one command line. Returns the exit status; nothing is thrown. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  let status = 0;
  const done = (result: number): void => {
    status = result;
  };
  const program = new Command("sallyport")
    .description(
      "PostgreSQL's client authentication outside the server: who gets in, by which line, and why.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-?, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: ignore });
  for (const command of await commandsFor(args[0])) {
    program.addCommand(command(io, done).helpOption("-?, --help", "print this help").exitOverride());
  }
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    return await report(error, io);
  }
}

async function report(error: unknown, { stderr }: Io): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const failure =
      error.code === "commander.help"
        ? new Failure("a command is expected", { hint: 'Try "sallyport --help".' })
        : new Failure(error.message.replace(/^error: /, ""), { hint: 'Try "--help".' });
    stderr(failureText(failure));
    return 2;
  }
  const failure = await failureOf(error);
  stderr(failureText(failure));
  return failure.status;
}

async function failureOf(error: unknown): Promise<Failure> {
  if (error instanceof Failure) return error;
  const { FatalError, WireError } = await import("@sallyport/wire");
  if (error instanceof FatalError) {
    const [detail, hint] = [error.detail, error.hint].map((text) => text && utf8Text(text));
    return new Failure(utf8Text(error.message), { detail, hint, cause: error });
  }
  if (error instanceof WireError) return new Failure(utf8Text(error.message), { cause: error });
  return new Failure(error instanceof Error ? error.message : String(error));
}

function ignore(): void {
  // Commander's own words about errors: ours are written instead.
}
