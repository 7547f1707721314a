import { existsSync } from "node:fs";
import { psql, startPostgres } from "@sallyport/testkit";
import type { CommandResult, PsqlOptions, TestPostgres } from "@sallyport/testkit";
import { libpq18 } from "../clients/libpq.ts";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import type { Target } from "../raw-client.ts";

export interface Rules {
  readonly hba: string;
  readonly ident?: string;
  /** Default: `on`. */
  readonly logConnections?: string;
}

/** How somebody fared who knocked. */
export interface Visit extends CommandResult {
  /** What was logged of this connection. */
  readonly log: string;
}

/** What people log in to by its rules, over its Unix socket. */
export interface House {
  readonly name: string;
  readonly kind: "gateway" | "postgres";
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  /** Puts rules in force. */
  readonly arrange: (rules: Rules) => Promise<void>;
  /** psql with libpq 18, which can say what it lets itself be asked: it runs `select 'in'`, or the statement. */
  readonly visit: (conninfo: string, options?: PsqlOptions, statement?: string) => Promise<Visit>;
  /** What libpq needs to find the socket. */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly socket: () => Target;
  /** Runs statements behind the door, whatever the rules; the rows of all. */
  readonly administrate: (...statements: string[]) => Promise<string>;
}

/** The same house twice: behind a gate, and PostgreSQL by itself, which shows that what we expect is right. */
export function houses(statements: readonly string[]): readonly House[] {
  return [gatewayHouse(statements), postgresHouse(statements)];
}

function gatewayHouse(statements: readonly string[]): House {
  let server: TestPostgres | null = null;
  let gate: TestGate | null = null;
  const environment = (): Record<string, string> =>
    surroundings(opened(gate).socketDirectory, opened(gate).port);
  return {
    name: "through the gateway",
    kind: "gateway",
    open: async () => {
      server = await startPostgres();
      await run(server, [...setUp, ...statements]);
    },
    close: async () => {
      await gate?.[Symbol.asyncDispose]();
      await server?.stop();
    },
    arrange: async ({ hba, ident = "", logConnections = "on" }) => {
      await gate?.[Symbol.asyncDispose]();
      gate = null;
      const conf = `log_connections = '${logConnections}'\n`;
      gate = await startGate(server, { hba, ident, conf, linePrefix: "%p " });
    },
    environment,
    socket: () => opened(gate).unix,
    administrate: async (...sql) => await run(opened(server), sql),
    visit: async (conninfo, options, statement) => {
      const { log, logged } = opened(gate);
      const before = log().length;
      const result = await knock(environment(), conninfo, options, statement);
      const here = ownLines(log().slice(before));
      if (result.status === 0) await logged(`${here.pid} LOG:  disconnection: `);
      return { ...result, log: ownLines(log().slice(before)).lines };
    },
  };
}

function postgresHouse(statements: readonly string[]): House {
  let server: TestPostgres | null = null;
  const environment = (): Record<string, string> =>
    surroundings(opened(server).socketDirectory, opened(server).port);
  return {
    name: "of PostgreSQL itself",
    kind: "postgres",
    open: async () => {
      server = await startPostgres();
      await run(server, statements);
    },
    close: async () => {
      await server?.stop();
    },
    arrange: async ({ hba, ident = "", logConnections = "on" }) => {
      const own = opened(server);
      await own.writeFile("pg_hba.conf", `local all ${own.superuser} trust\n${hba}`);
      await own.writeFile("pg_ident.conf", ident);
      const settings = [`log_connections = '${logConnections}'`, "log_line_prefix = '%p '"];
      await own.writeFile("postgresql.auto.conf", [...settings, "log_disconnections = on", ""].join("\n"));
      const said = await own.reload();
      if (said.includes("was not reloaded")) throw new Error(said);
    },
    environment,
    socket: () => ({ path: opened(server).paths.socket }),
    administrate: async (...sql) => await run(opened(server), sql),
    visit: async (conninfo, options, statement) => {
      const own = opened(server);
      const before = (await own.log()).length;
      const result = await knock(environment(), conninfo, options, statement);
      // Its process logs to the end of its life.
      const deadline = performance.now() + 20_000;
      while (performance.now() < deadline) {
        const { pid, lines } = ownLines((await own.log()).slice(before));
        if (pid !== null && !existsSync(`/proc/${pid}`)) return { ...result, log: lines };
      }
      throw new Error(`no connection has come and gone: ${result.stderr}`);
    },
  };
}

async function knock(
  environment: Readonly<Record<string, string>>,
  conninfo: string,
  options: PsqlOptions = {},
  statement = "select 'in'",
): Promise<CommandResult> {
  const env = { ...environment, ...options.env };
  return await psql(["-d", `dbname=postgres ${conninfo}`, "-c", statement], { ...options, env });
}

function surroundings(host: string, port: number): Record<string, string> {
  return { PGHOST: host, PGPORT: String(port), ...libpq18.environment };
}

/** The lines of the first connection that was received: those before it belong to one that has not ended yet. */
function ownLines(log: string): { readonly pid: string | null; readonly lines: string } {
  const [, pid = null] = /^(\d+) LOG: {2}connection received: /m.exec(log) ?? [];
  const entries = log.split(/^(?=\d+ [A-Z]+:)/m);
  return { pid, lines: pid === null ? "" : entries.filter((entry) => entry.startsWith(`${pid} `)).join("") };
}

function opened<T>(value: T | null): T {
  if (value === null) throw new Error("the house is not open, or has no rules yet");
  return value;
}
