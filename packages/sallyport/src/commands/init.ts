import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { configFileName, serviceLines, serviceText } from "@sallyport/gateway";
import type { Settings } from "@sallyport/gateway";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { isValidUtf8, parseConninfo, WireError } from "@sallyport/wire";
import type { ConninfoValues } from "@sallyport/wire";
import { demoDatabase, makeDemoGate } from "../demo/demo-gate.ts";
import { Failure } from "../failure.ts";
import { catalogueRole, catalogueRoleScript } from "../gate/catalogue-role.ts";
import { writeGateFiles } from "../gate/gate-files.ts";
import { printLines } from "../io.ts";
import type { Io } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";
import { liveOptions, warnOfPassword } from "../options/live-server.ts";
import { exists } from "../options/directories.ts";
import { readGate } from "../options/gate-target.ts";

interface InitOptions {
  readonly directory?: string;
  readonly upstream?: string;
  readonly demo?: boolean;
  readonly catalogSql?: boolean;
}

const defaultPort = 6432;

const embedded = "embedded";

export const initCommand: CommandMaker = (io, done) =>
  new Command("init")
    .description("make a gate, safe by default: SCRAM, loopback")
    .option("-D, --directory <dir>", "the directory to make")
    .option(
      "--upstream <conninfo>",
      "the PostgreSQL behind the gate: a libpq connection string or URI (default: embedded)",
    )
    .option("--demo", "with an embedded PostgreSQL, demo roles and a demo database")
    .option(
      "--catalog-sql",
      "make nothing: print the SQL for the catalogue's role, which --upstream or the gate of -D names (default: sallyport)",
    )
    .action(async (options: InitOptions) => {
      const { directory, upstream, demo = false, catalogSql = false } = options;
      if (demo && upstream !== undefined) throw new Failure("--demo and --upstream exclude each other");
      if (demo && catalogSql) throw new Failure("--demo and --catalog-sql exclude each other");
      if (upstream !== undefined) warnOfPassword(upstream, io);
      if (catalogSql) io.stdout(await catalogSqlFor(options, io));
      else if (directory === undefined) {
        throw new Failure("required option '-D, --directory <dir>' not specified", { hint: 'Try "--help".' });
      } else if (demo) await makeDemo(directory, io);
      else await makeGate(directory, upstream ?? embedded, io);
      done(0);
    });

async function makeDemo(directory: string, io: Io): Promise<void> {
  const { databaseVersion } = await makeDemoGate(resolve(directory), defaultPort, () => undefined);
  printLines(io, [
    `${directory} made: sallyport.conf, pg_hba.conf, pg_ident.conf, demo.pgpass, and database ${demoDatabase} in an`,
    `embedded PostgreSQL ${databaseVersion} (for trying out: its minor releases lag behind the official ones).`,
    `Next:  sallyport serve -D ${directory}`,
  ]);
}

async function makeGate(directory: string, upstream: string, io: Io): Promise<void> {
  if (upstream !== embedded) conninfoValues(utf8Bytes(upstream));
  const socketDirectory = `/tmp/sallyport-${userInfo().uid}`;
  await writeGateFiles(resolve(directory), { upstream, port: defaultPort, socketDirectory, demo: false });
  printLines(io, [
    `${directory} made: sallyport.conf, pg_hba.conf, pg_ident.conf.`,
    ...(upstream === embedded ? [] : await upstreamNeeds(directory, upstream, io)),
    `Next:  sallyport serve -D ${directory}`,
  ]);
}

/** What has to be done on a PostgreSQL that is there already. */
async function upstreamNeeds(directory: string, upstream: string, io: Io): Promise<string[]> {
  const osUser = utf8Bytes(userInfo().username);
  const options = await liveOptions(utf8Bytes(upstream), io);
  const lines = serviceText(serviceLines({ osUser, upstream: options }));
  return [
    "On that PostgreSQL, as a superuser and in the database that the connection string names, run what this prints:",
    `  sallyport init --catalog-sql -D ${directory}`,
    "Its pg_hba.conf must ask the roles that come from the gateway for their own passwords, by scram-sha-256: the",
    "gateway passes on what a client has proved (upstream_auth = passthrough). Or, with upstream_auth = service, it",
    "must let the gateway in as every role:",
    ...lines.map((line) => `  ${utf8Text(line)}`),
  ];
}

/** Names the role that will be used: of the connection string, else of the gate that is there, else the usual one. */
async function catalogSqlFor({ directory, upstream }: InitOptions, io: Io): Promise<string> {
  const settings = await settingsOf(directory, io);
  const conninfo = upstream === undefined ? (settings?.upstream ?? null) : utf8Bytes(upstream);
  const source = settings?.auth_source ?? "pg_authid";
  if (conninfo === null || conninfo === embedded) return catalogueRoleScript(catalogueRole, null, source);
  const values = conninfoValues(conninfo);
  const user = values.get("user") || null;
  if (user === null) {
    io.stderr(`sallyport: warning: the connection string names no user; add user=${catalogueRole} to it\n`);
  }
  // As in libpq, the database is called like the user if nothing names it.
  const database = values.get("dbname") || user;
  return catalogueRoleScript(text(user) ?? catalogueRole, text(database), source);
}

/** Of the gate that is there; null: there is none. */
async function settingsOf(directory: string | undefined, io: Io): Promise<Settings | null> {
  if (directory === undefined || !(await exists(join(directory, configFileName)))) return null;
  return (await readGate(directory, [], io)).loaded.settings;
}

function conninfoValues(conninfo: Bytes): ConninfoValues {
  try {
    return parseConninfo(conninfo);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new Failure(utf8Text(error.message), { cause: error });
  }
}

/** A name as SQL text; one that is no text cannot be printed for people to run. */
function text(name: Bytes | null): string | null {
  if (name !== null && !isValidUtf8(name)) throw new Failure("a name in the connection string is not UTF-8");
  return name === null ? null : utf8Text(name);
}
