import { join } from "node:path";
import {
  claimPidFile,
  createLogger,
  HeldError,
  LivePolicy,
  logStart,
  nodeKey,
  parseLinePrefix,
  readHba,
  readIdent,
  Reloader,
  startGateway,
} from "@sallyport/gateway";
import type { Gateway, Logger, LogStyle, Settings, StopMode } from "@sallyport/gateway";
import { utf8Text } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import type { ConnectionOptions } from "@sallyport/wire";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { liveOptions } from "../options/live-server.ts";
import type { GateSource } from "../options/target.ts";
import { startEmbeddedUpstream } from "./embedded-upstream.ts";

/** A gate that runs. */
export interface RunningGate {
  readonly gateway: Gateway;
  readonly policy: Policy;
  readonly settings: Settings;
  /** Version of the embedded PostgreSQL and milliseconds until it was ready; null: it is not embedded. */
  readonly embedded: { readonly version: string; readonly startedInMs: number } | null;
  readonly stop: (mode: StopMode) => Promise<void>;
  /** As SIGHUP does; what comes of it is logged. */
  readonly reload: () => Promise<void>;
}

type Undo = () => Promise<void>;

/** Starts all of a gate: lock, files, upstream, doors. What was started is stopped again if a later part fails. */
export async function runGate(
  { loaded, configFile, reread }: GateSource,
  io: Io,
  write: (entry: string) => void,
): Promise<RunningGate> {
  const { settings } = loaded;
  const logger = gateLogger(settings, io, write);
  const undo: Undo[] = [];
  const undoAll = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const data = utf8Text(settings.data_directory);
    const lock = await claimPidFile(join(data, "sallyport.pid")).catch(heldBy(data));
    undo.push(lock.release);
    const live = await loadPolicy(settings, logger, io);
    const key = await nodeKey(join(data, "node.key"));
    const upstream = await openUpstream(settings, data, logger, io, undo);
    const gateway = await startGateway({
      settings,
      policy: live,
      upstream: upstream.options,
      nodeKey: key,
      logger,
      clock: io.clock,
    });
    const stop = async (mode: StopMode): Promise<void> => {
      await gateway.stop(mode);
      await undoAll();
    };
    const apply = (changed: Settings): void => {
      gateway.apply(changed);
      logger.restyle(logStyle(changed));
    };
    const reloader = new Reloader({ loaded, configFile, reread, policy: live, apply, log: logger });
    const reload = async (): Promise<void> => {
      logger.log("LOG", "received SIGHUP, reloading configuration files");
      await reloader.reload();
    };
    return { gateway, policy: live.current, settings, embedded: upstream.embedded, stop, reload };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

/** Both files as a server takes them when it starts: a broken `pg_hba.conf` is fatal, a broken `pg_ident.conf` empty. */
async function loadPolicy(settings: Settings, logger: Logger, io: Io): Promise<LivePolicy> {
  const [hba, ident] = [await readHba(settings), await readIdent(settings)];
  logStart(logger, hba, ident);
  const { policy } = hba;
  if (policy === null) throw new Failure(`could not load ${utf8Text(settings.hba_file)}`);
  return new LivePolicy({ ...hba, policy }, ident, io.clock);
}

async function openUpstream(
  settings: Settings,
  data: string,
  logger: Logger,
  io: Io,
  undo: Undo[],
): Promise<{ readonly options: ConnectionOptions; readonly embedded: RunningGate["embedded"] }> {
  if (settings.upstream !== "embedded") {
    const options = liveOptions(settings.upstream, io);
    refuseSessionSettings(options);
    return { options, embedded: null };
  }
  const { server, options } = await startEmbeddedUpstream(data, (line) => logger.log("LOG", line));
  undo.push(async () => await server.stop("fast"));
  return { options, embedded: { version: server.version, startedInMs: server.startedInMs } };
}

/** Every session has its own client's settings, and the catalogue's has its own: no others are passed over in silence. */
function refuseSessionSettings({ parameters = [] }: ConnectionOptions): void {
  const names = parameters.map(([name]) => name).filter((name) => !name.endsWith("application_name"));
  if (names.length === 0) return;
  throw new Failure(`"upstream" sets ${names.map(utf8Text).join(", ")}`, {
    detail: "Settings of sessions come from clients, never from the connection string or the environment.",
  });
}

function gateLogger(settings: Settings, io: Io, write: (entry: string) => void): Logger {
  return createLogger({
    write,
    clock: io.clock,
    ...logStyle(settings),
    process: { pid: process.pid, startTime: io.clock() },
  });
}

function logStyle({ log_line_prefix, log_min_messages }: Settings): LogStyle {
  const linePrefix = parseLinePrefix(log_line_prefix);
  if ("error" in linePrefix)
    throw new Failure(`invalid value for parameter "log_line_prefix"`, linePrefix.error);
  return { linePrefix, minMessages: log_min_messages };
}

function heldBy(directory: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof HeldError)) throw error;
    const hint = `Is another gateway (PID ${error.pid}) running in "${directory}"?`;
    throw new Failure(error.message, { hint, cause: error });
  };
}
