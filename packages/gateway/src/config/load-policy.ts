import { diagnostic, serverProfile, utf8Text } from "@sallyport/policy";
import type { Diagnostic, Policy, Problem, ServerProfile } from "@sallyport/policy";
import { readPolicy } from "@sallyport/policy/node";
import { loadOs } from "@sallyport/methods/os";
import type { Settings } from "./settings-table.ts";
import { couldNotLoad, notReloaded } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import { unenforceable } from "./enforcement.ts";
import type { Machine } from "./enforcement.ts";

export interface LoadedPolicy {
  /** Null: `pg_hba.conf` cannot be run. */
  readonly policy: Policy | null;
  readonly problems: readonly Problem[];
  /** The problems as people are shown them. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads both files of a gate, and refuses what this gateway could not carry out. */
export async function loadPolicy(settings: Settings): Promise<LoadedPolicy> {
  const reading = await readPolicy({
    hbaFile: utf8Text(settings.hba_file),
    identFile: utf8Text(settings.ident_file),
    profile: gatewayProfile(settings),
    resolveHosts: true,
  });
  const refused = reading.policy ? unenforceable(reading.policy, await thisMachine()) : [];
  const problems = [...reading.problems, ...refused];
  return {
    policy: refused.length > 0 ? null : reading.policy,
    problems,
    diagnostics: problems.map(diagnostic),
  };
}

/** What the machine that this runs on has. */
export async function thisMachine(): Promise<Machine> {
  return { peerCredentials: await loadOs() };
}

/** Logs what PostgreSQL logs when it starts with these files. */
export function logProblems(log: Log, settings: Settings, { policy, problems }: LoadedPolicy): void {
  for (const { severity, text, hint, sqlstate, context } of problems) {
    const where = context.map(({ file, number }) => `line ${number} of configuration file "${file}"`);
    const level = severity === "warning" ? "WARNING" : "LOG";
    log.log(level, text, { hint, sqlstate, context: where.length > 0 ? where.join("\n") : undefined });
  }
  if (policy === null) log.log("FATAL", couldNotLoad(settings.hba_file));
  else if (problems.some((problem) => problem.severity === "error"))
    log.log("LOG", notReloaded(settings.ident_file));
}

/** A server like this gateway: of that version, and built without what is not built here. */
export function gatewayProfile(settings: Settings): ServerProfile {
  const profile = serverProfile({
    version: settings.server_version,
    without: ["ssl", "gssapi", "ldap", "pam"],
    settings: { krb_caseins_users: settings.krb_caseins_users },
  });
  if ("error" in profile) throw new RangeError(profile.error);
  return profile;
}
