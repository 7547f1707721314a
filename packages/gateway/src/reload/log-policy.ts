import type { Bytes, Problem } from "@sallyport/policy";
import { couldNotLoad, notReloaded } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import type { HbaReading, IdentReading } from "../config/policy-files.ts";
import type { TlsFault } from "../tls/tls-fault.ts";
import type { AuthFileReport } from "./live-auth-file.ts";
import type { ReloadReport } from "./live-policy.ts";

/** Logs what PostgreSQL logs when it starts with these files: of a broken `pg_ident.conf` nothing but what is wrong. */
export function logReading(log: Log, hba: HbaReading, ident: IdentReading): void {
  logProblems(log, hba.problems);
  logProblems(log, ident.problems);
  if (hba.policy === null) log.log("FATAL", couldNotLoad(hba.logName));
}

/** Behind that: what decides from now on. */
export function logStart(log: Log, report: ReloadReport): void {
  log.log("LOG", `start: ${verdicts(report)}`);
}

/** Logs what became of `auth_file`. Nothing of its text is shown. */
export function logAuthFile(log: Log, { fileName, verdict, message, hint }: AuthFileReport): void {
  if (message !== null) log.log("LOG", message, { hint: hint ?? undefined, sqlstate: "F0000" });
  if (verdict === "refused") log.log("LOG", notReloaded(fileName));
  log.log("LOG", `auth_file "${fileName}" ${verdict}`);
}

/** What a server says that keeps the TLS that it has. */
export function logTls(log: Log, fault: TlsFault | null): void {
  if (fault === null) return;
  log.log("LOG", fault.message, { detail: fault.detail, hint: fault.hint, sqlstate: "F0000" });
  log.log("LOG", "SSL configuration was not reloaded");
}

/** Logs what PostgreSQL logs at a reload, and behind that what decides now. */
export function logReload(log: Log, report: ReloadReport): void {
  for (const { problems, verdict, logName } of [report.hba, report.ident]) {
    logProblems(log, problems);
    if (verdict === "refused") log.log("LOG", notReloaded(logName));
  }
  log.log("LOG", `reload: ${verdicts(report)}`);
}

function verdicts({ hba, ident, policySha256 }: ReloadReport): Bytes {
  const files = [hba, ident].map(({ fileName, verdict }) => `${fileName} ${verdict}`);
  return `${files.join(", ")}; policy sha256=${policySha256}`;
}

/** Of one file; who writes the log must not stall those who are in. */
const mostProblems = 1000;

function logProblems(log: Log, problems: readonly Problem[]): void {
  for (const { severity, text, hint, sqlstate, context } of problems.slice(0, mostProblems)) {
    const where = context.map(({ file, number }) => `line ${number} of configuration file "${file}"`);
    const level = severity === "warning" ? "WARNING" : "LOG";
    log.log(level, text, { hint, sqlstate, context: where.length > 0 ? where.join("\n") : undefined });
  }
  const more = problems.length - mostProblems;
  if (more > 0) log.log("LOG", `${more} more problems are not shown`);
}
