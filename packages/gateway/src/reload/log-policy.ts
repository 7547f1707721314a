import type { Problem } from "@sallyport/policy";
import { couldNotLoad, notReloaded } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import type { HbaReading, IdentReading } from "../config/policy-files.ts";
import type { ReloadReport } from "./live-policy.ts";

/** Logs what PostgreSQL logs when it starts with these files. */
export function logStart(log: Log, hba: HbaReading, ident: IdentReading): void {
  logProblems(log, [...hba.problems, ...ident.problems]);
  if (hba.policy === null) log.log("FATAL", couldNotLoad(hba.fileName));
  else if (ident.mappings === null) log.log("LOG", notReloaded(ident.fileName));
}

/** Logs what PostgreSQL logs at a reload, and behind that what decides now. */
export function logReload(log: Log, { hba, ident, policySha256 }: ReloadReport): void {
  for (const { problems, verdict, fileName } of [hba, ident]) {
    logProblems(log, problems);
    if (verdict === "refused") log.log("LOG", notReloaded(fileName));
  }
  const files = [hba, ident].map(({ fileName, verdict }) => `${fileName} ${verdict}`);
  log.log("LOG", `reload: ${files.join(", ")}; policy sha256=${policySha256}`);
}

function logProblems(log: Log, problems: readonly Problem[]): void {
  for (const { severity, text, hint, sqlstate, context } of problems) {
    const where = context.map(({ file, number }) => `line ${number} of configuration file "${file}"`);
    const level = severity === "warning" ? "WARNING" : "LOG";
    log.log(level, text, { hint, sqlstate, context: where.length > 0 ? where.join("\n") : undefined });
  }
}
