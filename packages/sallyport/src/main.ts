import { Command, CommanderError } from "commander";
import { utf8Text } from "@sallyport/policy";
import { FatalError, WireError } from "@sallyport/wire";
import { checkCommand } from "./commands/check.ts";
import { diffCommand } from "./commands/diff.ts";
import { explainCommand } from "./commands/explain.ts";
import { fmtCommand } from "./commands/fmt.ts";
import { initCommand } from "./commands/init.ts";
import { mappingsCommand, rulesCommand } from "./commands/views.ts";
import { matrixCommand } from "./commands/matrix.ts";
import { reloadCommand } from "./commands/reload.ts";
import { rolesCommand } from "./commands/roles.ts";
import { serveCommand } from "./commands/serve.ts";
import { statusCommand } from "./commands/status.ts";
import { stopCommand } from "./commands/stop.ts";
import { testCommand } from "./commands/test.ts";
import { Failure, failureText } from "./failure.ts";
import type { Io } from "./io.ts";
import { version } from "./version.ts";

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
  for (const command of [
    initCommand,
    serveCommand,
    reloadCommand,
    statusCommand,
    stopCommand,
    rulesCommand,
    mappingsCommand,
    explainCommand,
    checkCommand,
    diffCommand,
    testCommand,
    matrixCommand,
    fmtCommand,
    rolesCommand,
  ]) {
    program.addCommand(command(io, done).helpOption("-?, --help", "print this help").exitOverride());
  }
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    return report(error, io);
  }
}

function report(error: unknown, { stderr }: Io): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const failure =
      error.code === "commander.help"
        ? new Failure("a command is expected", { hint: 'Try "sallyport --help".' })
        : new Failure(error.message.replace(/^error: /, ""), { hint: 'Try "--help".' });
    stderr(failureText(failure));
    return 2;
  }
  const failure = failureOf(error);
  stderr(failureText(failure));
  return failure.status;
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
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
