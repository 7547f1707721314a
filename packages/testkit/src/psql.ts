import { asOsUser, command } from "./command.ts";
import type { CommandOptions, CommandResult } from "./command.ts";

/** The program itself: /usr/bin/psql is a script of Debian's that chooses among clusters. */
const program = "/usr/lib/postgresql/15/bin/psql";

export interface PsqlOptions extends Omit<CommandOptions, "env"> {
  /** Added to our environment, which loses its PG* variables first. */
  readonly env?: Readonly<Record<string, string>>;
  /** Runs it as this OS user. */
  readonly osUser?: string | number;
}

/** Runs psql: no psqlrc, no pager, no password prompt, unaligned output without headers, unless `args` say otherwise. */
export async function psql(args: readonly string[], options: PsqlOptions = {}): Promise<CommandResult> {
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
  const env = { ...Object.fromEntries(ours), PGCONNECT_TIMEOUT: "10", ...options.env };
  const all = ["-X", "-w", "-At", "-P", "pager=off", ...args];
  if (options.osUser === undefined) return await command(program, all, { ...options, env });
  return await asOsUser(options.osUser, program, all, { ...options, env });
}
