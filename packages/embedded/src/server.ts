import { join, resolve } from "node:path";
import { findBinaries } from "./binaries.ts";
import type { Binaries } from "./binaries.ts";
import { makeCluster, removeUnfinished, superuser, writeAccessFiles } from "./cluster.ts";
import type { ClusterTools } from "./cluster.ts";
import { libraryEnvironment } from "./links.ts";
import { takeLock } from "./lock.ts";
import { stopOrphan } from "./orphan.ts";
import { runPostmaster } from "./postmaster.ts";
import type { Postmaster } from "./postmaster.ts";
import { keepOldLog, makeRoom, makeSocketDirectory, ownerOf } from "./room.ts";
import { chooseRunner, describeRunner } from "./runner.ts";
import type { Runner } from "./run.ts";
import { checkSettings } from "./settings.ts";
import type { Settings } from "./settings.ts";

export interface EmbeddedOptions {
  /**
   * The server's own room: cluster, socket directory, log and lock file. Made if missing; its parent must exist.
   * For root, let it be made here: one that is there with mode 0700 keeps out the unprivileged user, so that the
   * server runs in a user namespace, with root's files as its own.
   */
  readonly directory: string;
  /** PostgreSQL settings beside or instead of ours; those that keep the server private are refused. */
  readonly settings?: Settings;
  /** Gets a line for people about each step that takes time or is out of the ordinary. */
  readonly log?: (line: string) => void;
  /** The programs to run, if not those of the installed package. */
  readonly binaries?: Binaries;
}

/** A running embedded server. Only our own OS user can reach it, as any role and without a password. */
export interface EmbeddedServer extends Postmaster {
  /** PostgreSQL's version: `18.4`. */
  readonly version: string;
  readonly directory: string;
  /** Holds the socket `.s.PGSQL.<port>`; absolute, and of any length. */
  readonly socketDirectory: string;
  readonly port: number;
  /** The bootstrap superuser, and the name of a database to begin with. */
  readonly superuser: string;
  /** Our OS user's name as the server sees it: what `peer` gives, and what its pg_ident.conf maps. */
  readonly osUser: string;
  /** Whether the server runs as we do, as an unprivileged user, or in a user namespace. */
  readonly runsAs: Runner["kind"];
  readonly logFile: string;
}

/** Only a part of the socket's name. */
const port = 5432;

/** What the server gets unless `settings` say otherwise. */
const defaults: Settings = {
  max_connections: "500",
  max_wal_senders: "20",
  wal_level: "logical",
  timezone: "UTC",
  log_timezone: "UTC",
};

/**
 * What it gets whatever they say. The socket directory is relative to the cluster, which is the server's current
 * directory: so the room's path may be longer than the 107 bytes that a socket's name can have.
 */
const privacy: Settings = {
  listen_addresses: "",
  port: String(port),
  unix_socket_directories: "../socket",
  unix_socket_permissions: "0700",
  logging_collector: "off",
};

/**
 * Starts the embedded PostgreSQL in its directory, making the cluster if there is none.
 *
 * A server that a killed process left there is stopped first; one whose process lives is left alone.
 *
 * @throws {EmbeddedError} whose `code` tells what is in the way
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const settings = options.settings ?? {};
  checkSettings(settings);
  const log = options.log ?? (() => undefined);
  const binaries = options.binaries ?? findBinaries();
  const directory = resolve(options.directory);
  const dataDirectory = join(directory, "data");
  const logFile = join(directory, "server.log");

  await makeRoom(directory);
  const lock = await takeLock(join(directory, "owner.lock"));
  try {
    const environment = await libraryEnvironment(binaries, join(directory, "links"));
    const owner = await ownerOf(dataDirectory);
    const runner = await chooseRunner({ binaries, environment, directory, owner });
    if (runner.kind !== "self") log(`PostgreSQL runs ${describeRunner(runner)}`);
    if (runner.kind === "namespace") log(`a superuser of this database can write the files of OS user root`);
    const tools = { binaries, environment, runner };

    const orphan = await stopOrphan(dataDirectory);
    if (orphan !== undefined) log(`stopped process ${orphan}, a server that a killed process had left`);
    await prepareCluster(tools, dataDirectory, log);
    const socketDirectory = await makeSocketDirectory(runner, directory);
    await keepOldLog(logFile);
    const postmaster = await runPostmaster({
      ...tools,
      dataDirectory,
      logFile,
      settings: { ...defaults, ...settings, ...privacy },
    });
    const exited = postmaster.exited.then(async (exit) => {
      // A lock file that cannot be removed falls to the next start when this process ends.
      await lock.release().catch(() => undefined);
      return exit;
    });
    return {
      ...postmaster,
      exited,
      stop: async (mode, withinMs) => {
        await postmaster.stop(mode, withinMs);
        await exited;
      },
      version: binaries.version,
      directory,
      socketDirectory,
      port,
      superuser,
      osUser: runner.seesUsAs,
      runsAs: runner.kind,
      logFile,
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function prepareCluster(
  tools: ClusterTools,
  dataDirectory: string,
  log: (line: string) => void,
): Promise<void> {
  await removeUnfinished(dataDirectory);
  if ((await ownerOf(dataDirectory)) === undefined) {
    log(`making a PostgreSQL ${tools.binaries.version} cluster in ${dataDirectory}`);
    await makeCluster(tools, dataDirectory);
  }
  await writeAccessFiles(tools.runner, dataDirectory);
}
