import { loadOs, notify } from "@sallyport/gateway";
import type { FullReport, InheritedSocket } from "@sallyport/gateway";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";

/** Who started this process, if that wants to know how it fares (sd_notify(3), systemd.service(5)). */
export interface ServiceManager {
  /** Sockets that it listens on for us. */
  readonly sockets: readonly InheritedSocket[];
  /** The doors are open, or a reload is done. The status is what `systemctl status` shows. */
  readonly ready: (status: string) => void;
  readonly reloading: () => void;
  /** @param withinMs how long it may take until this process has ended */
  readonly stopping: (withinMs: number) => void;
}

/** Nobody listens. */
export const noServiceManager: ServiceManager = {
  sockets: [],
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
};

const variables = [
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "LISTEN_PID",
  "LISTEN_PIDFDID",
  "LISTEN_FDS",
  "LISTEN_FDNAMES",
] as const;
type Variables = Partial<Record<(typeof variables)[number], string>>;

/** `SD_LISTEN_FDS_START` of sd_listen_fds(3). */
const firstSocket = 3;
/** More than any unit has: a wrong number is not taken for many sockets. */
const mostSockets = 1024;

/**
 * Reads what systemd says in the environment, and takes it out there: it is meant for this process and not for those
 * that this one starts. What cannot be told to the service manager is a warning and never an obstacle.
 *
 * @throws {Failure} sockets were passed in a way that makes no sense
 */
export async function serviceManager(
  environment: Record<string, string | undefined>,
  pid: number,
  io: Pick<Io, "stderr">,
): Promise<ServiceManager> {
  const found = take(environment);
  const warn = (text: string): void => io.stderr(`sallyport: warning: ${text}\n`);
  const sockets = socketsOf(found, pid, warn);
  const { NOTIFY_SOCKET: address } = found;
  if (address === undefined || address === "") return { ...noServiceManager, sockets };

  await loadOs();
  let warned = false;
  const tell = (...lines: readonly string[]): void => {
    const failure = notify(utf8Bytes(address), `${lines.join("\n")}\n`);
    if (failure === null || warned) return;
    warned = true; // once: a watchdog would say it again and again
    warn(`could not notify the service manager: ${failure}`);
  };
  let watchdog: NodeJS.Timeout | null = null;
  let ends = false; // a reload that ends meanwhile does not make a stopping service ready again
  return {
    sockets,
    ready: (status) => {
      if (ends) return;
      tell("READY=1", `STATUS=${oneLine(status)}`);
      const every = watchdogMs(found, pid);
      if (every !== null) watchdog ??= setInterval(tell, every, "WATCHDOG=1").unref();
    },
    reloading: () => {
      if (!ends) tell("RELOADING=1", `MONOTONIC_USEC=${monotonicMicroseconds()}`);
    },
    stopping: (withinMs) => {
      ends = true;
      tell("STOPPING=1", "STATUS=stopping", `EXTEND_TIMEOUT_USEC=${Math.ceil(withinMs) * 1000}`);
    },
  };
}

/** What `systemctl status` shows of a gate: where it listens, or what became of a reload. */
export function readyStatus(doors: readonly string[], reload: FullReport | null): string {
  const listening = `listening on ${doors.join(", ")}`;
  if (reload === null) return listening;
  const { settings, hba, ident, authFile } = reload;
  const reports = [settings, hba, ident, ...(authFile ? [authFile] : [])];
  const files = reports.map(({ fileName, verdict }) => `${utf8Text(fileName)} ${verdict}`);
  return `${listening}; reload: ${files.join(", ")}`;
}

function take(environment: Record<string, string | undefined>): Variables {
  const found: Variables = {};
  for (const name of variables) {
    const value = environment[name];
    if (value !== undefined) found[name] = value;
    delete environment[name];
  }
  return found;
}

function socketsOf(
  { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = "" }: Variables,
  pid: number,
  warn: (text: string) => void,
): InheritedSocket[] {
  if (LISTEN_PID === undefined || LISTEN_FDS === undefined) return [];
  if (LISTEN_PID !== String(pid)) {
    warn(
      `LISTEN_PID names process ${LISTEN_PID}, and this is ${pid}: the sockets of LISTEN_FDS are not taken`,
    );
    return [];
  }
  const count = Number(LISTEN_FDS);
  if (!/^\d+$/.test(LISTEN_FDS) || count > mostSockets)
    throw new Failure(`invalid LISTEN_FDS: "${LISTEN_FDS}"`);
  const names = LISTEN_FDNAMES === "" ? [] : LISTEN_FDNAMES.split(":");
  return Array.from({ length: count }, (_, at) => ({ fd: firstSocket + at, name: names[at] ?? "unknown" }));
}

/** Half of the time in which systemd wants to hear from us; null: it does not wait for it. */
function watchdogMs({ WATCHDOG_USEC = "", WATCHDOG_PID }: Variables, pid: number): number | null {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return null;
  const every = Number(WATCHDOG_USEC) / 2000;
  // What no timer can wait for is no watchdog.
  return /^\d+$/.test(WATCHDOG_USEC) && every >= 1 && every < 2 ** 31 ? every : null;
}

/** `CLOCK_MONOTONIC`, by which systemd knows this reload from the one before. */
function monotonicMicroseconds(): bigint {
  return process.hrtime.bigint() / 1000n;
}

/** A message has a line for each thing: what comes from a file's name must not become another one. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}
