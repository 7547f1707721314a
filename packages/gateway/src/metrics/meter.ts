import { Counter, Histogram } from "prom-client";
import type { Registry } from "prom-client";
import { enforcement } from "../config/enforcement.ts";
import type { RelayEnd } from "../relay/relay.ts";
import type { Meter } from "../session/guest-book.ts";
import type { Outcome } from "../session/outcome.ts";
import type { Stage } from "../session/visit.ts";
import type { CancelOutcome } from "../upstream/cancel-keys.ts";
import { RuleLabels } from "./rule-labels.ts";
import type { LiveRules } from "./rule-labels.ts";

/** Seconds: from a question to a catalogue near by to the longest `authentication_timeout` that is usual. */
const loginBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Every outcome; true: it is a rule that keeps somebody out, or the want of one. */
const outcomes: Readonly<Record<Outcome, boolean>> = {
  admitted: false,
  rejected: true,
  failed: true,
  refused: false,
  full: false,
  unavailable: false,
  timeout: false,
  left: false,
  error: false,
};

/** The stages of a login, each with a histogram of its own. */
const loginStages: Readonly<Record<Exclude<Stage, "session">, true>> = {
  waiting: true,
  startup: true,
  catalogue: true,
  decision: true,
  authentication: true,
  upstream: true,
};

const cancelOutcomes: Readonly<Record<CancelOutcome, true>> = {
  sent: true,
  failed: true,
  unknown_process: true,
  wrong_key: true,
  other_gateway: true,
  ignored: true,
};

const ends: Readonly<Record<RelayEnd["by"], string>> = {
  parting: "parting",
  loss: "upstream_lost",
  us: "shutdown",
};

/**
 * Counts what happens. All series that can be foreseen are there from the start, so that the first event is seen as one;
 * no value of a label comes from a client.
 */
export function createMeter(registry: Registry, live: LiveRules): Meter {
  const registers = [registry];
  const logins = new Counter({
    name: "sallyport_logins_total",
    help: "Startup packets by the method of the rule that decided (none: no rule) and by what became of them.",
    labelNames: ["method", "outcome"],
    registers,
  });
  for (const method of ["none", ...enforcement.keys()])
    for (const outcome of Object.keys(outcomes)) logins.inc({ method, outcome }, 0);

  const refusals: Counter<"rule"> = new Counter({
    name: "sallyport_refusals_total",
    help: "Logins that were rejected or failed, by the place of the rule that decided.",
    labelNames: ["rule"],
    registers,
    collect: () => labels.follow(),
  });
  const labels = new RuleLabels(live, () => forget());
  const forget = (): void => {
    refusals.reset();
    refusals.inc({ rule: "none" }, 0);
  };
  forget();

  const stageSeconds = new Histogram({
    name: "sallyport_stage_seconds",
    help: "Time in each stage of the way in, of those who passed it and of those for whom it was the last.",
    labelNames: ["stage"],
    buckets: loginBuckets,
    registers,
  });
  for (const stage of Object.keys(loginStages)) stageSeconds.zero({ stage });
  const sessionSeconds = new Counter({
    name: "sallyport_session_seconds_total",
    help: "Time in sessions that have ended.",
    registers,
  });
  const sessionEnds = new Counter({
    name: "sallyport_session_ends_total",
    help: "Sessions that have ended: by a parting, by the loss of the upstream, by a shutdown of the gateway.",
    labelNames: ["by"],
    registers,
  });
  for (const by of Object.values(ends)) sessionEnds.inc({ by }, 0);
  const cancels = new Counter({
    name: "sallyport_cancel_requests_total",
    help: "Cancel requests of clients, by what became of them.",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of Object.keys(cancelOutcomes)) cancels.inc({ outcome }, 0);

  return {
    stage: (stage, milliseconds) => {
      if (stage === "session") sessionSeconds.inc(milliseconds / 1000);
      else stageSeconds.observe({ stage }, milliseconds / 1000);
    },
    login: (outcome, rule) => {
      logins.inc({ method: rule?.method ?? "none", outcome });
      if (outcomes[outcome]) refusals.inc({ rule: labels.of(rule) });
    },
    cancel: (outcome) => cancels.inc({ outcome }),
    end: (by) => sessionEnds.inc({ by: ends[by] }),
  };
}
