import { barrierTo, usesMap } from "@sallyport/policy";
import type {
  Barrier,
  Bytes,
  Decision,
  Dependency,
  HbaRule,
  Outcome,
  RoleCatalogue,
} from "@sallyport/policy";

/** A line that decides, or may. */
export interface Step {
  /** Null: no line does, which PostgreSQL takes for a rejection. */
  readonly rule: HbaRule | null;
  /** What has to hold for it and is not known, in words; empty: it decides if it is reached. */
  readonly conditions: readonly Bytes[];
}

/** What stands in a cell. */
export interface Answer {
  readonly outcome: Outcome;
  /** In the order of the file; of an outcome that is known one. */
  readonly steps: readonly Step[];
  /** What keeps the role out in spite of an `authenticate`, or of an `unknown` that turns out so; null: nothing that is known of. */
  readonly barrier: Barrier | null;
  /** Equal of answers that are the same for whoever reads them, and of no others. */
  readonly key: string;
}

/** A decision of the policy, without the names of who was asked about. */
export function answerOf(decision: Decision, catalogue: RoleCatalogue | null): Answer {
  const { outcome, rule, perhaps, connection } = decision;
  const isOpen = outcome === "unknown";
  const steps: Step[] = perhaps.map((one) => ({
    rule: one.rule,
    conditions: [...one.dependsOn.map((fact) => condition(fact, one.rule)), ...mapCondition(one.rule)],
  }));
  steps.push({ rule, conditions: isOpen && rule ? lastConditions(rule, decision) : [] });
  const admits = outcome === "authenticate" || isOpen;
  const barrier = admits && catalogue ? barrierTo(connection, catalogue) : null;
  const parts = steps.map((step) => [
    step.rule && `${step.rule.lineNumber}:${step.rule.fileName}`,
    step.conditions,
  ]);
  return { outcome, steps, barrier, key: JSON.stringify([outcome, barrier, parts]) };
}

/** Of the rule that decides if none before it does. */
function lastConditions(rule: HbaRule, decision: Decision): Bytes[] {
  const { map, perhaps, dependsOn } = decision;
  if (perhaps.length > 0 || map === null) return mapCondition(rule);
  return dependsOn.map((fact) => condition(fact, rule));
}

function mapCondition(rule: HbaRule): Bytes[] {
  if (!usesMap(rule)) return [];
  const { map } = rule.options;
  return [map ? `map "${map}" allows it` : "the client has the role's name there"];
}

/** What has to hold, without the role, database and address that were asked about: the same for all of whom it is the same. */
function condition(dependency: Dependency, { address, users }: HbaRule): Bytes {
  switch (dependency.fact) {
    case "membership": {
      const { group } = dependency;
      const isNamed = users.some((pattern) => pattern.kind === "member" && pattern.name === group);
      return isNamed ? `member of "${group}"` : "member of the role that is named like the database";
    }
    case "hostname":
      return address?.kind === "hostname" ? `host name "${address.name}"` : "host name";
    case "interfaces":
      return address?.kind ?? "interfaces";
    case "system_user":
      return "system user";
    case "regex":
      return `the regular expression "${dependency.pattern}" matches, which was given up`;
  }
}
