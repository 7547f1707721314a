import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  chooseRunner,
  libraryEnvironment,
  makePrivate,
  runPostmaster,
  superuser,
  writeClusterFile,
} from "@sallyport/embedded";
import type {
  ClusterTools,
  Postmaster,
  PostmasterOptions,
  Runner,
  Settings,
  ShutdownMode,
} from "@sallyport/embedded";
import type { Feature } from "@sallyport/policy";
import { freePort } from "./free-port.ts";
import { tlsFiles } from "./postgres-tls.ts";
import type { PostgresTls } from "./postgres-tls.ts";
import { psql } from "./psql.ts";
import type { PsqlOptions } from "./psql.ts";
import { reloadServer } from "./reload.ts";
import { memoryOrDisk, tempDirectory } from "./temp-directory.ts";
import { copyCluster, templateCluster } from "./template.ts";
import { serverPrograms } from "./versions.ts";
import type { Build, Major, ServerChoice, ServerPrograms } from "./versions.ts";
import type { CommandResult } from "./command.ts";

export interface PostgresOptions extends ServerChoice {
  /** Also listen on 127.0.0.1 and ::1; `hba` says whom that admits, by default nobody. */
  readonly tcp?: boolean;
  /** `ssl=on` with these certificates; true: with a self-signed one. */
  readonly ssl?: boolean | PostgresTls;
  readonly settings?: Settings;
  /** Contents of pg_hba.conf, byte for byte; default: `local all all trust`. */
  readonly hba?: string | Uint8Array;
  /** Contents of pg_ident.conf, byte for byte; default: empty. */
  readonly ident?: string | Uint8Array;
  /** More files of the data directory, by name: an empty `standby.signal` makes the server a hot standby. */
  readonly files?: Readonly<Record<string, string>>;
  /** The data directory of a stopped server of that major, such as a base backup, to copy in place of a fresh cluster. */
  readonly cluster?: string;
}

/** How a server goes down: in one of PostgreSQL's ways, or by a SIGKILL of its postmaster alone. */
export type Downfall = ShutdownMode | "kill";

export interface PostgresPaths {
  readonly dataDirectory: string;
  readonly hba: string;
  readonly ident: string;
  readonly log: string;
  readonly socket: string;
}

/** A throw-away PostgreSQL. It ends with `await using`, or by `stop()`. */
export interface TestPostgres extends AsyncDisposable {
  /** PostgreSQL's own version number: `18.4`, `19rc1`. */
  readonly version: string;
  readonly major: Major;
  readonly build: Build;
  /** What it was built with, as far as pg_hba.conf can tell: a profile of it goes `without` the others. */
  readonly features: ReadonlySet<Feature>;
  readonly pid: number;
  readonly socketDirectory: string;
  readonly port: number;
  readonly superuser: string;
  readonly runsAs: Runner;
  readonly paths: PostgresPaths;
  /** What the server has logged since it started. */
  log(): Promise<string>;
  /** Writes a file of the data directory, owned by the server's user; default mode 0600. */
  writeFile(relative: string, contents: string | Uint8Array, mode?: number): Promise<void>;
  /** SIGHUP; waits until it is done, and returns what the server logged about it. */
  reload(): Promise<string>;
  /** Ends the server, which may come `up` again, on the same port with the same files. Default: fast. */
  down(how?: Downfall): Promise<void>;
  up(): Promise<void>;
  /** psql over the socket as the superuser, in database `postgres`, unless `args` say otherwise. */
  psql(args: readonly string[], options?: PsqlOptions): Promise<CommandResult>;
  /** Ends the server and removes its files. */
  stop(mode?: ShutdownMode): Promise<void>;
}

const addresses = ["127.0.0.1", "::1"] as const;

/** Starts a server for a test: a copied cluster on a private socket, not safe against a power cut. */
export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres> {
  const room = await tempDirectory(0o700, await memoryOrDisk());
  try {
    return await startIn(room.path, options, room.remove);
  } catch (error) {
    await room.remove();
    throw error;
  }
}

async function startIn(
  room: string,
  options: PostgresOptions,
  remove: () => Promise<void>,
): Promise<TestPostgres> {
  const tools = await toolsFor(serverPrograms(options), room);
  const { runner, binaries } = tools;
  const dataDirectory = join(room, "data");
  const socketDirectory = join(room, "s");
  const logFile = join(room, "server.log");
  await copyCluster(options.cluster ?? (await templateCluster(tools)), dataDirectory, runner);
  await mkdir(socketDirectory);
  await makePrivate(runner, socketDirectory);

  const write = async (name: string, contents: string | Uint8Array, mode?: number): Promise<void> => {
    await writeClusterFile(runner, join(dataDirectory, name), contents, mode);
  };
  await write("pg_hba.conf", options.hba ?? "local all all trust\n");
  await write("pg_ident.conf", options.ident ?? "");
  for (const [name, contents] of Object.entries(options.files ?? {})) await write(name, contents);
  const tls = await tlsFiles(options.ssl ?? false);
  for (const { name, contents } of tls) await write(name, contents);
  const place = { ...tools, dataDirectory, logFile, socketDirectory };
  const tlsSettings = Object.fromEntries(tls.map(({ setting, value }) => [setting, value]));
  const started = await startOnFreePort(
    { ...options, settings: { ...tlsSettings, ...options.settings } },
    place,
  );
  const { settings, port } = started;
  let { postmaster } = started;

  const paths: PostgresPaths = {
    dataDirectory,
    hba: join(dataDirectory, "pg_hba.conf"),
    ident: join(dataDirectory, "pg_ident.conf"),
    log: logFile,
    socket: join(socketDirectory, `.s.PGSQL.${port}`),
  };
  const stop = async (mode?: ShutdownMode): Promise<void> => {
    await postmaster.stop(mode);
    await remove();
  };
  const connection = {
    PGHOST: socketDirectory,
    PGPORT: String(port),
    PGUSER: superuser,
    PGDATABASE: "postgres",
  };
  return {
    version: binaries.version,
    major: tools.major,
    build: tools.build,
    features: tools.features,
    get pid() {
      return postmaster.pid;
    },
    socketDirectory,
    port,
    superuser,
    runsAs: runner,
    paths,
    log: async () => await readFile(logFile, "utf8"),
    writeFile: write,
    reload: async () => await reloadServer({ pid: postmaster.pid, logFile, socketPath: paths.socket }),
    down: async (how) => {
      if (how === "kill") process.kill(postmaster.pid, "SIGKILL");
      else await postmaster.stop(how);
      await postmaster.exited;
    },
    up: async () => {
      postmaster = await startAgain({ ...place, settings });
    },
    psql: async (args, more = {}) => await psql(args, { ...more, env: { ...connection, ...more.env } }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function toolsFor(programs: ServerPrograms, room: string): Promise<ClusterTools & ServerPrograms> {
  const { binaries } = programs;
  const environment = await libraryEnvironment(binaries, join(room, "links"));
  // The room's parent: the room itself opens below, and only as far as the server's user needs.
  const runner = await chooseRunner({ binaries, environment, directory: join(room, ".."), owner: undefined });
  if (runner.kind === "user") await chmod(room, 0o711);
  return { ...programs, environment, runner };
}

async function startOnFreePort(
  options: PostgresOptions,
  place: ClusterTools & {
    readonly dataDirectory: string;
    readonly logFile: string;
    readonly socketDirectory: string;
  },
): Promise<{ readonly postmaster: Postmaster; readonly port: number; readonly settings: Settings }> {
  const tcp = options.tcp === true;
  for (let attempt = 1; ; attempt++) {
    const port = tcp ? await freePort(addresses) : 5432;
    const settings: Settings = {
      listen_addresses: tcp ? addresses.join(",") : "",
      port: String(port),
      unix_socket_directories: place.socketDirectory,
      unix_socket_permissions: "0700",
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      ...options.settings,
    };
    const postmaster = await runPostmaster({ ...place, settings });
    // A taken address is only a warning to a server that has another one to listen on.
    const taken = (await readFile(place.logFile, "utf8")).includes("could not bind");
    if (!taken) return { postmaster, port, settings };
    await postmaster.stop("immediate");
    if (attempt === 5) throw new Error(`no free port in ${attempt} attempts`);
  }
}

/** Backends that have lost their postmaster take a moment to end, and no server starts before they have. */
async function startAgain(options: PostmasterOptions): Promise<Postmaster> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      return await runPostmaster(options);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
