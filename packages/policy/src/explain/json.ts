import type { Bytes } from "../bytes.ts";
import { utf8Text } from "../bytes.ts";
import type { Decision } from "../decide/decide.ts";
import type { Dependency } from "../decide/facts.ts";
import type { MapVerdict } from "../decide/usermap.ts";
import { maskShownOption } from "../hba/mask.ts";
import type { HbaRule } from "../hba/rule.ts";
import { placeJson } from "../place-json.ts";
import type { ServerProfile } from "../profile.ts";
import { placeOf } from "../text/line.ts";
import { ruleColumns } from "../views.ts";
import { question } from "./because.ts";
import type { RuleTrace } from "./trace.ts";

/** A value for JSON: names as UTF-8 text, keys in snake case. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What stands beside a decision in its JSON form. */
export interface DecisionExtras {
  /** Whose decision it is. */
  readonly profile: ServerProfile;
  readonly then: readonly Bytes[];
  readonly trace: readonly RuleTrace[] | null;
}

/** A decision in the form that users parse. */
export function decisionJson(decision: Decision, { profile, then, trace }: DecisionExtras): Json {
  const { outcome, sqlstate, message, detail, rule, map, dependsOn } = decision;
  return {
    outcome,
    sqlstate,
    message: text(message),
    detail: text(detail),
    rule: rule && ruleJson(rule, profile),
    mapping: map && mappingJson(map),
    depends_on: dependsOn.map(dependencyJson),
    then: then.map(utf8Text),
    server_version: profile.version.major,
    ...(trace ? { trace: trace.map(traceJson) } : {}),
  };
}

/** The columns of `pg_hba_file_rules`, secrets masked. */
function ruleJson(rule: HbaRule, { dialect }: ServerProfile): Json {
  const { options, ...columns } = ruleColumns(rule, dialect);
  return {
    rule_number: rule.ruleNumber,
    file_name: utf8Text(rule.line.file),
    line_number: rule.line.number,
    type: text(columns.type),
    database: texts(columns.database),
    user_name: texts(columns.user_name),
    address: text(columns.address),
    netmask: text(columns.netmask),
    auth_method: text(columns.auth_method),
    options: texts(options && options.map(maskShownOption)),
    error: null,
  };
}

function mappingJson({ mapName, systemUser, matched, mapping, allowed, error }: MapVerdict): Json {
  return {
    map_name: text(mapName),
    system_user: utf8Text(systemUser),
    matched,
    file_name: mapping && utf8Text(mapping.line.file),
    line_number: mapping && mapping.line.number,
    allowed: allowed.map(utf8Text),
    error: text(error),
  };
}

function traceJson({ rule, matched, mismatch, span, dependsOn, because }: RuleTrace): Json {
  return {
    rule_number: rule.ruleNumber,
    file_name: utf8Text(rule.line.file),
    line_number: rule.line.number,
    matched,
    mismatch,
    place: { ...placeJson(placeOf(span)) },
    fact: dependsOn[0]?.fact ?? null,
    because: text(because),
  };
}

/** What an answer depends on, and which option would settle it. */
export function dependencyJson(dependency: Dependency): Json {
  const { of, settle } = question(dependency);
  return { fact: dependency.fact, of: utf8Text(of), settle };
}

function text(bytes: Bytes | null): string | null {
  return bytes === null ? null : utf8Text(bytes);
}

function texts(list: readonly Bytes[] | null): readonly string[] | null {
  return list && list.map(utf8Text);
}
