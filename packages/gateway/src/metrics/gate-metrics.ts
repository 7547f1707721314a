import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { Gateway } from "../gateway.ts";
import type { ReloadReport, Verdict } from "../reload/live-policy.ts";
import type { FullReport } from "../reload/reloader.ts";
import type { Stage } from "../session/visit.ts";
import type { PoolState } from "../upstream/pool/session-pool.ts";

/** What metrics show of a gate beside what happens at its doors. */
export interface GateFacts {
  /** Of the program. */
  readonly version: string;
  readonly maxConnections: number;
  readonly live: { readonly report: ReloadReport };
  /** Null: the doors are not open yet. */
  readonly gateway: () => Pick<Gateway, "guestBook" | "slotsTaken" | "serviceLoad" | "pool"> | null;
}

const nobody: Readonly<Record<Stage, number>> = {
  waiting: 0,
  startup: 0,
  catalogue: 0,
  decision: 0,
  authentication: 0,
  upstream: 0,
  session: 0,
};

const verdicts: Readonly<Record<Verdict, true>> = { loaded: true, unchanged: true, refused: true };

/**
 * Shows who is in and which policy decides, looked up at each scrape.
 *
 * @returns what takes note of a reload
 */
export function watchGate(registry: Registry, facts: GateFacts): (report: FullReport) => void {
  const registers = [registry];
  const build = new Gauge({
    name: "sallyport_build_info",
    help: "Always 1; which program this is.",
    labelNames: ["version", "node"],
    registers,
  });
  build.set({ version: facts.version, node: process.versions.node }, 1);

  const connections: Gauge<"stage"> = new Gauge({
    name: "sallyport_connections",
    help: "Connections by the stage that they are in; session: whoever is in.",
    labelNames: ["stage"],
    registers,
    collect: () => {
      const counts = { ...nobody };
      for (const { stage } of facts.gateway()?.guestBook.visits ?? []) counts[stage] += 1;
      for (const [stage, count] of Object.entries(counts)) connections.set({ stage }, count);
    },
  });
  const slots: Gauge = new Gauge({
    name: "sallyport_connection_slots_taken",
    help: "Of max_connections, how many are taken.",
    registers,
    collect: () => slots.set(facts.gateway()?.slotsTaken ?? 0),
  });
  const services: Gauge<"state"> = new Gauge({
    name: "sallyport_auth_service_logins",
    help: "Logins that ask an outside service (LDAP, RADIUS, ...), and those that wait for their turn.",
    labelNames: ["state"],
    registers,
    collect: () => {
      const { asking, waiting } = facts.gateway()?.serviceLoad ?? { asking: 0, waiting: 0 };
      services.set({ state: "asking" }, asking);
      services.set({ state: "waiting" }, waiting);
    },
  });
  watchPool(registers, () => facts.gateway()?.pool ?? null);
  const most = new Gauge({ name: "sallyport_max_connections", help: "max_connections.", registers });
  most.set(facts.maxConnections);

  const policy: Gauge<"sha256"> = new Gauge({
    name: "sallyport_policy_info",
    help: "Always 1; the hash of pg_hba.conf and pg_ident.conf that decide now.",
    labelNames: ["sha256"],
    registers,
    collect: () => {
      policy.reset();
      policy.set({ sha256: facts.live.report.policySha256 }, 1);
    },
  });
  const time = new Gauge({
    name: "sallyport_last_reload_timestamp_seconds",
    help: "The last reload, or the start, in seconds since 1970.",
    registers,
  });
  const success = new Gauge({
    name: "sallyport_last_reload_success",
    help: "1: no file was refused at the last reload, or at the start; 0: one was, and the one before it counts.",
    registers,
  });
  const note = (at: Date, seen: readonly Verdict[]): void => {
    time.set(at.getTime() / 1000);
    success.set(seen.includes("refused") ? 0 : 1);
  };
  const { at, hba, ident } = facts.live.report;
  note(at, [hba.verdict, ident.verdict]);
  const reloads = new Counter({
    name: "sallyport_reloads_total",
    help: "Reloads of each file, named by its setting, and what became of it.",
    labelNames: ["file", "verdict"],
    registers,
  });
  for (const file of ["config_file", "hba_file", "ident_file"])
    for (const verdict of Object.keys(verdicts)) reloads.inc({ file, verdict }, 0);
  return (report) => {
    const { settings, hba, ident, authFile } = report;
    const secrets = authFile ? [authFile.verdict] : [];
    note(report.at, [settings.verdict, hba.verdict, ident.verdict, ...secrets]);
    for (const verdict of secrets) reloads.inc({ file: "auth_file", verdict });
    reloads.inc({ file: "config_file", verdict: settings.verdict });
    reloads.inc({ file: "hba_file", verdict: hba.verdict });
    reloads.inc({ file: "ident_file", verdict: ident.verdict });
  };
}

/** Of sessions upstream that are used again; nothing, if none is. */
function watchPool(registers: Registry[], pool: () => PoolState | null): void {
  const sessions: Gauge<"state"> = new Gauge({
    name: "sallyport_upstream_sessions",
    help: "Sessions upstream of roles: in_use, idle; waiting: logins that wait for one.",
    labelNames: ["state"],
    registers,
    collect: () => {
      const { inUse, idle, waiting } = pool() ?? { inUse: 0, idle: 0, waiting: 0 };
      sessions.set({ state: "in_use" }, inUse);
      sessions.set({ state: "idle" }, idle);
      sessions.set({ state: "waiting" }, waiting);
    },
  });
  const events: Counter<"event"> = new Counter({
    name: "sallyport_upstream_sessions_total",
    help: "How often a session upstream was opened, used again, or closed since it could not be made as new.",
    labelNames: ["event"],
    registers,
    collect: () => {
      const { opened, reused, spoilt } = pool() ?? { opened: 0, reused: 0, spoilt: 0 };
      events.reset();
      events.inc({ event: "opened" }, opened);
      events.inc({ event: "reused" }, reused);
      events.inc({ event: "spoilt" }, spoilt);
    },
  });
}
