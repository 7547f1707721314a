import { join } from "node:path";
import {
  answerControl,
  claimPidFile,
  ConfigWatch,
  createLogger,
  HeldError,
  LivePolicy,
  logReading,
  logStart,
  nodeKey,
  OnDisk,
  openControlSocket,
  parseLinePrefix,
  readHba,
  readIdent,
  Reloader,
  sessionSettings,
  startGateway,
  startMetrics,
} from "@sallyport/gateway";
import type {
  AnswerControl,
  ControlledGate,
  FullReport,
  Gateway,
  Logger,
  LogStyle,
  Settings,
  StopMode,
} from "@sallyport/gateway";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import type { ConnectionOptions } from "@sallyport/wire";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { liveOptions } from "../options/live-server.ts";
import type { GateSource } from "../options/target.ts";
import { version } from "../version.ts";
import { startEmbeddedUpstream } from "./embedded-upstream.ts";
import { noServiceManager, readyStatus } from "./service-manager.ts";
import type { ServiceManager } from "./service-manager.ts";
import { UndoList } from "./undo-list.ts";

/** A gate that runs. */
export interface RunningGate {
  readonly gateway: Gateway;
  readonly policy: Policy;
  readonly settings: Settings;
  /** Version of the embedded PostgreSQL and milliseconds until it was ready; null: it is not embedded. */
  readonly embedded: { readonly version: string; readonly startedInMs: number } | null;
  readonly stop: (mode: StopMode) => Promise<void>;
  /** Resolves when it has been stopped, by whomever; rejects if that failed. */
  readonly ended: Promise<void>;
  /** As SIGHUP does; what comes of it is logged. Never rejects. */
  readonly reload: () => Promise<void>;
}

/** Milliseconds that a service manager should give to a stop, beyond those in which sessions may end by themselves. */
const stopPatience = 10_000;

/** Starts all of a gate: lock, files, upstream, doors. What was started is stopped again if a later part fails. */
export async function runGate(
  { loaded, configFile, reread, readAt }: GateSource,
  io: Io,
  write: (entry: string) => void,
  manager: ServiceManager = noServiceManager,
): Promise<RunningGate> {
  const { settings } = loaded;
  let reading = readAt;
  const startTime = io.clock();
  const logger = gateLogger(settings, io, write);
  const undo = new UndoList();
  try {
    const data = utf8Text(settings.data_directory);
    const lock = await claimPidFile(join(data, "sallyport.pid")).catch(heldBy(data));
    undo.push(lock.release);
    const live = await loadPolicy(settings, logger, io);
    const key = await nodeKey(join(data, "node.key"));
    const metrics = await startMetrics({ settings, live, version, log: logger });
    undo.push(metrics.close);
    const upstream = await openUpstream(settings, data, logger, io, undo);
    const ready = Promise.withResolvers<ControlledGate>();
    undo.push(await openControl(data, ready.promise, logger));
    const gateway = await startGateway({
      settings,
      policy: live,
      upstream: upstream.options,
      nodeKey: key,
      logger,
      clock: io.clock,
      sockets: manager.sockets,
      meter: metrics.meter,
    });
    undo.push(async () => await gateway.stop("immediate"));
    metrics.opened(gateway);
    const { doors } = gateway;
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => undefined); // whoever asked for the end hears of it, too
    const stop = async (mode: StopMode): Promise<void> => {
      const { shutdown_timeout } = reloader.loaded.settings;
      manager.stopping(stopPatience + (mode === "smart" ? shutdown_timeout * 1000 : 0));
      const stopped = gateway.stop(mode).finally(async () => await undo.undoAll());
      ended.resolve(stopped);
      await stopped;
    };
    const apply = (changed: Settings): void => {
      gateway.apply(changed);
      logger.restyle(logStyle(changed));
      turnWatch(changed);
    };
    const heard = metrics.reloaded;
    const reloader = new Reloader({ loaded, configFile, reread, policy: live, apply, heard, log: logger });
    const reloadBecause = async (reason: string): Promise<FullReport> => {
      logger.log("LOG", `${reason}, reloading configuration files`);
      manager.reloading();
      reading = io.clock();
      try {
        return await reloader.reload();
      } finally {
        manager.ready(readyStatus(doors, reloader.report));
      }
    };
    const reload = async (reason: string): Promise<void> => {
      await reloadBecause(reason).catch((error: unknown) => {
        logger.log("LOG", `reload failed: ${utf8Bytes(String(error))}`);
      });
    };
    const watch = new ConfigWatch({
      paths: () => reloader.paths,
      changed: async () => await reload("configuration files have changed"),
    });
    const turnWatch = ({ config_watch }: Settings): void => {
      if (config_watch) watch.start(reading);
      else void watch.stop();
    };
    turnWatch(settings);
    undo.push(async () => await watch.stop());
    ready.resolve({
      version,
      pid: process.pid,
      startTime,
      gateway,
      policy: live,
      reloader,
      onDisk: new OnDisk(),
      reload: async () => await reloadBecause("received a reload request"),
      stop: (mode) => void stop(mode).catch(() => undefined),
    });
    manager.ready(readyStatus(doors, null));
    return {
      gateway,
      policy: live.current,
      settings,
      embedded: upstream.embedded,
      stop,
      ended: ended.promise,
      reload: async () => await reload("received SIGHUP"),
    };
  } catch (error) {
    await undo.undoAll().catch((failure: unknown) => {
      logger.log("LOG", `could not undo everything: ${utf8Bytes(String(failure))}`);
    });
    throw error;
  }
}

/** Who asks while the gateway is opening its doors is answered when they are open. */
async function openControl(
  directory: string,
  ready: Promise<ControlledGate>,
  log: Logger,
): Promise<() => Promise<void>> {
  const answer: AnswerControl = async (request) => await answerControl(await ready)(request);
  const { close } = await openControlSocket({ directory, answer, log }).catch((error: unknown) => {
    throw new Failure(`could not create the control socket in "${directory}": ${String(error)}`);
  });
  return close;
}

/** Both files as a server takes them when it starts: a broken `pg_hba.conf` is fatal, a broken `pg_ident.conf` empty. */
async function loadPolicy(settings: Settings, logger: Logger, io: Io): Promise<LivePolicy> {
  const [hba, ident] = [await readHba(settings), await readIdent(settings)];
  logReading(logger, hba, ident);
  const { policy } = hba;
  if (policy === null) {
    const hint = '"sallyport check" shows each mistake in its line.';
    throw new Failure(`could not load ${utf8Text(settings.hba_file)}`, { hint });
  }
  const live = new LivePolicy({ ...hba, policy }, ident, io.clock);
  logStart(logger, live.report);
  return live;
}

async function openUpstream(
  settings: Settings,
  data: string,
  logger: Logger,
  io: Io,
  undo: UndoList,
): Promise<{ readonly options: ConnectionOptions; readonly embedded: RunningGate["embedded"] }> {
  if (settings.upstream !== "embedded") {
    const options = liveOptions(settings.upstream, io);
    refuseSessionSettings(options);
    return { options, embedded: null };
  }
  const { server, options } = await startEmbeddedUpstream(data, (line) => logger.log("LOG", utf8Bytes(line)));
  undo.push(async () => await server.stop("fast"));
  return { options, embedded: { version: server.version, startedInMs: server.startedInMs } };
}

/** Every session has its own client's settings, and the catalogue's has its own: no others are passed over in silence. */
function refuseSessionSettings(options: ConnectionOptions): void {
  const names = sessionSettings(options);
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

function logStyle({ log_destination, log_line_prefix, log_min_messages }: Settings): LogStyle {
  const linePrefix = parseLinePrefix(log_line_prefix);
  if ("error" in linePrefix)
    throw new Failure(`invalid value for parameter "log_line_prefix"`, linePrefix.error);
  return { destinations: log_destination, linePrefix, minMessages: log_min_messages };
}

function heldBy(directory: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof HeldError)) throw error;
    const hint = `Is another gateway (PID ${error.pid}) running in "${directory}"?`;
    throw new Failure(error.message, { hint, cause: error });
  };
}
