import { join } from "node:path";
import {
  answerControl,
  claimPidFile,
  HeldError,
  nodeKey,
  OnDisk,
  openControlSocket,
  startGateway,
  startMetrics,
  systemLdap,
} from "@sallyport/gateway";
import type { AnswerControl, ControlledGate, Gateway, Logger, Settings, StopMode } from "@sallyport/gateway";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import type { GateSource } from "../options/gate-target.ts";
import { version } from "../version.ts";
import { gateLogger } from "./gate-log.ts";
import { loadAuthFile } from "./load-auth-file.ts";
import { loadPolicy } from "./load-policy.ts";
import { loadTls } from "./load-tls.ts";
import { openUpstream } from "./open-upstream.ts";
import type { Upstream } from "./open-upstream.ts";
import { Reloads } from "./reloads.ts";
import { noServiceManager, readyStatus } from "./service-manager.ts";
import type { ServiceManager } from "./service-manager.ts";
import { UndoList } from "./undo-list.ts";

/** A gate that runs. */
export interface RunningGate {
  readonly gateway: Gateway;
  readonly policy: Policy;
  readonly settings: Settings;
  readonly embedded: Upstream["embedded"];
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
  source: GateSource,
  io: Io,
  write: (entry: string) => void,
  manager: ServiceManager = noServiceManager,
): Promise<RunningGate> {
  const { settings } = source.loaded;
  const startTime = io.clock();
  const logger = gateLogger(settings, io, write);
  const undo = new UndoList();
  try {
    const data = utf8Text(settings.data_directory);
    const lock = await claimPidFile(join(data, "sallyport.pid")).catch(heldBy(data));
    undo.push(lock.release);
    const live = await loadPolicy(settings, logger, io);
    const tls = await loadTls(settings, logger);
    const authFile = await loadAuthFile(settings);
    const key = await nodeKey(join(data, "node.key"));
    const metrics = await startMetrics({ settings, live, version, log: logger });
    undo.push(metrics.close);
    const upstream = await openUpstream(settings, data, logger, io, undo);
    const ready = Promise.withResolvers<ControlledGate>();
    undo.push(await openControl(data, ready.promise, logger));
    const gateway = await startGateway({
      settings,
      policy: live,
      tls,
      authFile,
      upstream: upstream.options,
      nodeKey: key,
      logger,
      clock: io.clock,
      sockets: manager.sockets,
      meter: metrics.meter,
      ldap: systemLdap(io.environment),
    });
    undo.push(async () => await gateway.stop("immediate"));
    metrics.opened(gateway);
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => undefined); // whoever asked for the end hears of it, too
    const stop = async (mode: StopMode): Promise<void> => {
      const { shutdown_timeout } = reloads.reloader.loaded.settings;
      manager.stopping(stopPatience + (mode === "smart" ? shutdown_timeout * 1000 : 0));
      const stopped = gateway.stop(mode).finally(async () => await undo.undoAll());
      ended.resolve(stopped);
      await stopped;
    };
    const reloads = new Reloads({
      source,
      gateway,
      live,
      tls,
      authFile,
      heard: metrics.reloaded,
      logger,
      manager,
      clock: io.clock,
    });
    undo.push(async () => await reloads.close());
    ready.resolve({
      version,
      pid: process.pid,
      startTime,
      gateway,
      policy: live,
      reloader: reloads.reloader,
      onDisk: new OnDisk(),
      reload: async () => await reloads.reload("received a reload request"),
      stop: (mode) => void stop(mode).catch(() => undefined),
    });
    manager.ready(readyStatus(gateway.doors, null));
    return {
      gateway,
      policy: live.current,
      settings,
      embedded: upstream.embedded,
      stop,
      ended: ended.promise,
      reload: async () => await reloads.reloadUnasked("received SIGHUP"),
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

function heldBy(directory: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof HeldError)) throw error;
    const hint = `Is another gateway (PID ${error.pid}) running in "${directory}"?`;
    throw new Failure(error.message, { hint, cause: error });
  };
}
