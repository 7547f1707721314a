import { utf8Text } from "@sallyport/policy";
import type { Bytes, Json } from "@sallyport/policy";
import { attemptJson } from "../attempt-json.ts";
import type { Row } from "./block.ts";
import type { Matrix } from "./matrix.ts";
import type { Name } from "./question.ts";

/** A matrix in the form that users parse: a row is a set of attempts that come to the same, with one of them. */
export function matrixJson({ blocks, leftOut }: Matrix): Json {
  return {
    rows: blocks.flatMap(({ roles, rows }) => rows.map((row) => rowJson(roles, row))),
    left_out: leftOut.map(utf8Text),
  };
}

function rowJson(roles: readonly Name[], { databases, kinds, addresses, answer, example }: Row): Json {
  const [last] = answer.steps.slice(-1);
  const rule = last?.rule ?? null;
  return {
    roles: namesOf(roles),
    any_other_role: roles.some(({ is }) => is === "other"),
    databases: namesOf(databases),
    database_like_role: databases.some(({ is }) => is === "own"),
    any_other_database: databases.some(({ is }) => is === "other"),
    physical_replication: databases.some(({ is }) => is === "replication"),
    connections: kinds,
    addresses: addresses.map(({ network, except }) => ({
      network: utf8Text(network),
      except: except.map(utf8Text),
    })),
    outcome: answer.outcome,
    auth_method: rule && rule.method,
    file_name: rule && utf8Text(rule.fileName),
    line_number: rule && rule.lineNumber,
    refused_after: answer.barrier,
    may_decide: answer.outcome === "unknown" ? answer.steps.map(stepJson) : [],
    attempt: attemptJson({ attempt: example }),
  };
}

function stepJson({ rule, conditions }: Row["answer"]["steps"][number]): Json {
  return {
    auth_method: rule && rule.method,
    file_name: rule && utf8Text(rule.fileName),
    line_number: rule && rule.lineNumber,
    if: conditions.map(utf8Text),
  };
}

function namesOf(names: readonly Name[]): string[] {
  return names.filter(({ is }) => is === "named").map(({ name }: { readonly name: Bytes }) => utf8Text(name));
}
