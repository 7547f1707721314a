import { utf8Text } from "@sallyport/policy";
import { psql, startPostgres } from "@sallyport/testkit";
import type { CommandResult, PsqlOptions, ServerChoice, TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate, until } from "../gate.ts";
import type { GateOptions, TestGate } from "../gate.ts";

/** A gate, and a PostgreSQL of the version that it is like, with the same two files. */
export interface Pair extends AsyncDisposable {
  readonly gate: TestGate;
  readonly server: TestPostgres;
  /** The same psql at both doors, to a database that nobody else asks for; what it heard, and what its session logged. */
  readonly knock: (database: string, user: string, options?: PsqlOptions) => Promise<BothStories>;
}

export interface BothStories {
  readonly gate: Story;
  readonly postgres: Story;
}

export interface Story {
  readonly status: number | null;
  readonly said: string;
  /** SQLSTATE, severity and words, the rule as RULE. */
  readonly log: readonly string[];
}

export interface PairOptions extends Pick<GateOptions, "hba" | "ident" | "conf" | "identPort"> {
  readonly statements?: readonly string[];
}

/** @param options `hba` of both, behind a line by which everybody comes in at their sockets */
export async function startPair(choice: ServerChoice, options: PairOptions): Promise<Pair> {
  const hba = `local all all trust\n${options.hba}`;
  const { ident = "", conf = "", identPort } = options;
  let server: TestPostgres | null = null;
  let upstream: TestPostgres | null = null;
  try {
    server = await startPostgres({
      ...choice,
      tcp: true,
      hba,
      ident,
      settings: { log_connections: "on", log_disconnections: "on", log_line_prefix: "%d|%e|" },
    });
    upstream = await startPostgres();
    for (const each of [server, upstream]) await run(each, [...setUp, ...(options.statements ?? [])]);
    const gate = await startGate(upstream, {
      hba,
      ident,
      linePrefix: "%d|%e|",
      conf: `server_version = '${server.major}'\n${conf}`,
      ...(identPort === undefined ? {} : { identPort }),
    });
    return pairOf(gate, server, upstream);
  } catch (error) {
    await server?.stop();
    await upstream?.stop();
    throw error;
  }
}

function pairOf(gate: TestGate, server: TestPostgres, upstream: TestPostgres): Pair {
  return {
    gate,
    server,
    knock: async (database, user, options = {}) => {
      const from = [gate.log().length, (await server.log()).length] as const;
      const at = async (port: number): Promise<CommandResult> => {
        const env = {
          PGHOST: "127.0.0.1",
          PGPORT: String(port),
          PGUSER: user,
          PGPASSWORD: `${user}-secret`,
          PGDATABASE: database,
          PGSSLMODE: "disable",
          PGCONNECT_TIMEOUT: "60",
          ...options.env,
        };
        return await psql(["-c", "select 1"], { timeoutMs: 60_000, ...options, env });
      };
      const [ours, theirs] = await Promise.all([at(gate.port), at(server.port)]);
      const read = async (): Promise<readonly [readonly string[], readonly string[]]> => [
        entriesOf(utf8Text(gate.log().slice(from[0])), database),
        entriesOf((await server.log()).slice(from[1]), database),
      ];
      await until("both logs", async () => (await read()).every(isOver));
      const [ourLog, theirLog] = await read();
      return { gate: story(ours, ourLog), postgres: story(theirs, theirLog) };
    },
    [Symbol.asyncDispose]: async () => {
      await gate[Symbol.asyncDispose]();
      await server.stop();
      await upstream.stop();
    },
  };
}

/** What the sessions of a database have logged; lines that go on begin with a tab. */
function entriesOf(log: string, database: string): readonly string[] {
  const entries = log.split(/\n(?!\t)/).filter((entry) => entry.startsWith(`${database}|`));
  return entries.map((entry) => entry.slice(database.length + 1).trimEnd());
}

/** The end of each story. */
function isOver(entries: readonly string[]): boolean {
  return entries.some(
    (entry) => entry.includes("disconnection: ") || entry.includes("DETAIL:  Connection matched"),
  );
}

function story({ status, stderr }: CommandResult, entries: readonly string[]): Story {
  return {
    status,
    said: stderr.replaceAll(/port \d+/g, "port N"),
    log: entries
      .filter((entry) => !/disconnection|connection (?:received|authorized|ready)/.test(entry))
      .map((entry) =>
        entry
          .replace(
            /Connection matched (?:file "[^"]*"|pg_hba\.conf) line \d+: .*/s,
            "Connection matched RULE",
          )
          .replaceAll(/\([^(]*pg_hba\.conf:\d+\)/g, "(RULE)")
          .replace(/different request: \d+ \(should be \d+\)/, "different request: N (should be N)"),
      ),
  };
}
