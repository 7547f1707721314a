import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, startPostgres, tempDirectory } from "@sallyport/testkit";
import { connect } from "@sallyport/wire";
import type { Client } from "@sallyport/wire";
import { sallyport, serve } from "./cli.ts";
import type { CliOptions, CliResult, Running } from "./cli.ts";

/** A PostgreSQL, and a room for gates in front of it. */
export interface GateHouse extends AsyncDisposable {
  readonly stopServer: () => Promise<void>;
  readonly makeGate: (name: string, options?: GateMaking) => Promise<Gate>;
  /** The same, and it runs. */
  readonly runGate: (name: string, options?: GateMaking) => Promise<RunGate>;
}

export interface RunGate extends Gate, AsyncDisposable {
  readonly running: Running;
}

export interface GateMaking {
  readonly hba?: string;
  /** What `upstream` shall end with. */
  readonly upstream?: string;
  /** Lines for `sallyport.conf`. */
  readonly conf?: string;
}

/** The files of a gate, and its commands. */
export interface Gate {
  readonly directory: string;
  readonly conf: string;
  readonly hba: string;
  readonly port: number;
  readonly write: (name: string, text: string) => Promise<void>;
  readonly serve: () => Promise<Running>;
  /** `sallyport COMMAND -D DIR …` */
  readonly command: (name: string, ...more: readonly string[]) => Promise<CliResult>;
  /** The same with `--format json`, and its document. */
  readonly json: (
    name: string,
    ...more: readonly string[]
  ) => Promise<{ readonly status: number | null; readonly document: unknown }>;
  /** A session by TCP; default: of `app` in database `postgres`. */
  readonly session: (applicationName?: string, user?: string, database?: string) => Promise<Client>;
}

export const trust = "host all all 127.0.0.1/32 trust\n";

export async function gateHouse(): Promise<GateHouse> {
  const [server, room] = await Promise.all([startPostgres(), tempDirectory(0o711)]);
  const statements = [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    "create role app login",
  ];
  await server.psql(statements.flatMap((sql) => ["-c", sql]));
  const conninfo = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
  const makeGate = async (
    name: string,
    { hba = trust, upstream = "", conf = "" }: GateMaking = {},
  ): Promise<Gate> => {
    const directory = join(room.path, name);
    const port = await freePort();
    const made = await sallyport(["init", "-D", directory, "--upstream", `${conninfo}${upstream}`]);
    if (made.status !== 0) throw new Error(made.stderr);
    const gate = gateIn(directory, port);
    const settings = (await readFile(gate.conf, "utf8"))
      .replace(/^port = .*$/m, `port = ${port}`)
      .replace(/^unix_socket_directories = .*$/m, "unix_socket_directories = ''");
    await gate.write("sallyport.conf", `${settings}${conf}`);
    await gate.write("pg_hba.conf", hba);
    return gate;
  };
  return {
    stopServer: async () => await server.stop("immediate"),
    makeGate,
    runGate: async (name, options) => {
      const gate = await makeGate(name, options);
      const running = await gate.serve();
      return { ...gate, running, [Symbol.asyncDispose]: async () => await running[Symbol.asyncDispose]() };
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await room.remove();
    },
  };
}

function gateIn(directory: string, port: number): Gate {
  const run = async (args: readonly string[], options?: CliOptions): Promise<CliResult> =>
    await sallyport([...args, "-D", directory], options);
  return {
    directory,
    conf: join(directory, "sallyport.conf"),
    hba: join(directory, "pg_hba.conf"),
    port,
    write: async (name, text) => await writeFile(join(directory, name), text, { mode: 0o600 }),
    serve: async () => await serve(["-D", directory]),
    command: async (name, ...more) => await run([name, ...more]),
    json: async (name, ...more) => {
      const { status, stdout, stderr } = await run([name, ...more, "--format", "json"]);
      if (stdout === "") throw new Error(stderr);
      return { status, document: JSON.parse(stdout) as unknown };
    },
    session: async (applicationName = "test", user = "app", database = "postgres") =>
      await connect({
        hosts: [{ host: "127.0.0.1", port }],
        user,
        database,
        connectTimeout: 20_000,
        settings: new Map([["sslmode", "prefer"]]),
        parameters: [["application_name", applicationName]],
      }),
  };
}
