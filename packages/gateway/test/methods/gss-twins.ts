import { existsSync } from "node:fs";
import { psql, startKdc, startPostgres } from "@sallyport/testkit";
import type { CommandResult, Kdc, KdcOptions, TestPostgres, Ticket } from "@sallyport/testkit";
import { run, setUp, startGate, until } from "../gate.ts";
import type { TestGate } from "../gate.ts";

export interface GssTwinOptions extends Pick<KdcOptions, "users"> {
  /** Of both; on the server's socket everybody is trusted: it is the gate's way in. */
  readonly hba: string;
  readonly ident?: string;
  readonly statements?: readonly string[];
  /** Settings of both, under PostgreSQL's names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Files that the settings name, by path in the directory of each. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where the keys of the service are; default: in the keytab of the KDC. */
  readonly keytab?: (kdc: Kdc) => string;
}

/** A gate, and Debian's PostgreSQL 15 behind it, which has GSSAPI: both with the same rules, and keys of the same KDC. */
export interface GssTwins extends AsyncDisposable {
  readonly kdc: Kdc;
  readonly gate: TestGate;
  readonly server: TestPostgres;
  /** Does the same at both doors, one after the other. */
  readonly both: <T>(work: (port: number) => Promise<T>) => Promise<Both<T>>;
  /** The same psql at both doors. */
  readonly knock: (conninfo: string, ticket: Ticket | null) => Promise<Both<CommandResult>>;
}

export interface Both<T> {
  readonly gate: Seen<T>;
  readonly postgres: Seen<T>;
}

/** What came of it, and what was logged, without what differs by chance or by version. */
export interface Seen<T> {
  readonly result: T;
  readonly log: readonly string[];
}

export async function startGssTwins(options: GssTwinOptions): Promise<GssTwins> {
  const { users, hba, ident = "", statements = [], files = {} } = options;
  const kdc = await startKdc({ users });
  // The gate, which runs in this process, has its library read it.
  process.env["KRB5_CONFIG"] = kdc.configuration;
  const keytab = options.keytab?.(kdc) ?? kdc.keytab;
  const settings = { krb_server_keyfile: `FILE:${keytab}`, ...options.settings };
  let server: TestPostgres | null = null;
  try {
    server = await startPostgres({
      major: 15,
      build: "debian",
      tcp: true,
      hba: `${hba}local all all trust\nlocal replication all trust\n`,
      ident,
      settings: { ...settings, log_connections: "on", log_line_prefix: "%p|%e|" },
      files,
    });
    await run(server, [...setUp, ...statements]);
    const gate = await startGate(server, {
      hba,
      ident,
      files,
      linePrefix: "%p|%e|",
      conf: Object.entries({ server_version: "15", pool_mode: "off", ...settings })
        .map(([name, value]) => `${name} = '${value}'\n`)
        .join(""),
    });
    return twins(kdc, gate, server);
  } catch (error) {
    await server?.stop();
    await kdc[Symbol.asyncDispose]();
    throw error;
  }
}

function twins(kdc: Kdc, gate: TestGate, server: TestPostgres): GssTwins {
  const both: GssTwins["both"] = async (work) => {
    const [ours, theirs] = [gate.log().length, (await server.log()).length];
    const result = await work(gate.port);
    await until("the gate is empty", () => gate.gateway.guestBook.visits.length === 0);
    const other = await work(server.port);
    // A process logs to the end of its life.
    const comers = receivedBy(gate.log().slice(ours), "host=127.0.0.1").length;
    await until("the server's processes have come and gone", async () => {
      const log = (await server.log()).slice(theirs);
      const haveCome = receivedBy(log, "host=127.0.0.1").length >= comers;
      return haveCome && receivedBy(log).every((pid) => !existsSync(`/proc/${pid}`));
    });
    return {
      gate: { result, log: comparable(gate.log().slice(ours)) },
      postgres: { result: other, log: comparable((await server.log()).slice(theirs)) },
    };
  };
  return {
    kdc,
    gate,
    server,
    both,
    knock: async (conninfo, ticket) => {
      const env = ticket?.environment ?? { ...kdc.environment, KRB5CCNAME: "FILE:/nonexistent" };
      return await both(async (port) => {
        const target = `host=127.0.0.1 port=${port} dbname=shop ${conninfo}`;
        const { status, stdout, stderr } = await psql(["-d", target, "-c", "\\conninfo"], { env });
        const said = (text: string): string => text.replaceAll(/port "?\d+"?/g, "port N");
        return { status, stdout: said(stdout), stderr: said(stderr) };
      });
    },
    [Symbol.asyncDispose]: async () => {
      await gate[Symbol.asyncDispose]();
      await server.stop();
      await kdc[Symbol.asyncDispose]();
    },
  };
}

function receivedBy(log: string, where = ""): readonly string[] {
  const received = log.matchAll(/^(\d+)\|\w+\|LOG: {2}connection received: (host=\S+)/gm);
  return [...received].flatMap(([, pid = "", host = ""]) => (host.includes(where) ? [pid] : []));
}

/** The lines of connections by TCP. */
function comparable(log: string): readonly string[] {
  const pids = new Set(receivedBy(log, "host=127.0.0.1"));
  return log.split("\n").flatMap((line) => {
    const [, pid = "", words = ""] = /^(\d+)\|(.*)$/.exec(line) ?? [];
    return pids.has(pid) && !ofOneSide.some((other) => words.includes(other)) ? [withoutChance(words)] : [];
  });
}

/** The gate logs as PostgreSQL 18; and what becomes of a connection that is broken off is said by PostgreSQL twice. */
const ofOneSide: readonly string[] = [
  "connection authenticated: user=",
  "connection ready: ",
  "disconnection: ",
  "could not receive data from client: Connection reset by peer",
];

function withoutChance(words: string): string {
  return words
    .replace(/(connection received: host=127\.0\.0\.1).*/, "$1")
    .replace(/\(\/\S*(pg_hba\.conf:\d+)\)/, "($1)")
    .replace(/ upstream=.*/, "")
    .replace("delegated_credentials=no, ", "")
    .replace(", delegated_credentials=no", "");
}
