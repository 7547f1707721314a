import { resolve } from "node:path";
import { userInfo } from "node:os";
import { Command } from "commander";
import { demoDatabase, makeDemoGate } from "../demo/demo-gate.ts";
import { Failure } from "../failure.ts";
import { writeGateFiles } from "../gate/gate-files.ts";
import { printLines } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";

interface InitOptions {
  readonly directory: string;
  readonly upstream?: string;
  readonly demo?: boolean;
}

const defaultPort = 6432;

/** What has to be done on a PostgreSQL that is there already. */
const upstreamNeeds = [
  "On that PostgreSQL, in the database that the connection string names, as a superuser, for the role that it names:",
  "  grant select (rolname, rolpassword) on pg_catalog.pg_authid to ROLE;",
  "and its pg_hba.conf must admit the gateway as every role that may come in (trust, peer or a passfile entry).",
];

export const initCommand: CommandMaker = (io, done) =>
  new Command("init")
    .description("make a gate, safe by default: SCRAM, loopback")
    .requiredOption("-D, --directory <dir>", "the directory to make")
    .option(
      "--upstream <conninfo>",
      "the PostgreSQL behind the gate: a libpq connection string or URI (default: embedded)",
    )
    .option("--demo", "with an embedded PostgreSQL, demo roles and a demo database")
    .action(async ({ directory, upstream, demo = false }: InitOptions) => {
      const path = resolve(directory);
      if (demo && upstream !== undefined) throw new Failure("--demo and --upstream exclude each other");
      if (demo) {
        const { databaseVersion } = await makeDemoGate(path, defaultPort, () => undefined);
        printLines(io, [
          `${directory} made: sallyport.conf, pg_hba.conf, pg_ident.conf, demo.pgpass, and database ${demoDatabase} in an`,
          `embedded PostgreSQL ${databaseVersion} (for trying out: its minor releases lag behind the official ones).`,
          `Next:  sallyport serve -D ${directory}`,
        ]);
      } else {
        const socketDirectory = `/tmp/sallyport-${userInfo().uid}`;
        await writeGateFiles(path, {
          upstream: upstream ?? "embedded",
          port: defaultPort,
          socketDirectory,
          demo,
        });
        printLines(io, [
          `${directory} made: sallyport.conf, pg_hba.conf, pg_ident.conf.`,
          ...(upstream === undefined ? [] : upstreamNeeds),
          `Next:  sallyport serve -D ${directory}`,
        ]);
      }
      done(0);
    });
