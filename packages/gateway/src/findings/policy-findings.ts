import { diagnostic, inPassing } from "@sallyport/policy";
import type { HbaEntry, HbaRule, IdentEntry, Line, Method, Problem, Reading, Span } from "@sallyport/policy";
import { findingAt, findingOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { FindingId } from "./finding-kinds.ts";

/**
 * What is wrong with `pg_hba.conf`, in the order of its lines.
 *
 * @param refused what the gateway that it is for cannot carry out; nothing if it is a PostgreSQL server's
 * @param passesOn what clients prove is all that the gateway logs in upstream with
 */
export function hbaFindings(
  { hba }: Reading,
  refused: readonly Problem[],
  passesOn: boolean = false,
): Finding[] {
  const found = [
    ...hba.problems.map((problem) => located(idOf(problem, hbaIds), problem)),
    ...refused.map((problem) => located("hba-not-enforceable", problem)),
    ...(passesOn ? nothingToPass(hba.rules) : []),
  ];
  return inOrder(found, hba.entries);
}

/** What is wrong with `pg_ident.conf`, in the order of its lines. */
export function identFindings({ ident }: Reading): Finding[] {
  if (ident === null) return [];
  return inOrder(
    ident.problems.map((problem) => located(idOf(problem, identIds), problem)),
    ident.entries,
  );
}

const hbaIds: Readonly<Record<Problem["severity"], FindingId>> = {
  error: "hba-refused",
  warning: "hba-warning",
  log: "include-skipped",
};

/** PostgreSQL has no warnings about this file. */
const identIds: Readonly<Record<Problem["severity"], FindingId>> = {
  error: "ident-refused",
  warning: "ident-refused",
  log: "include-skipped",
};

/** What is only logged is a file that is not there, and may be missing; or one that opens, and of which nothing can be read. */
function idOf({ severity, text }: Problem, ids: Readonly<Record<Problem["severity"], FindingId>>): FindingId {
  return severity === "log" && text.startsWith("could not read") ? "include-unreadable" : ids[severity];
}

interface Located {
  readonly finding: Finding;
  readonly span: Span | null;
}

function located(id: FindingId, problem: Problem): Located {
  return { finding: findingOf(id, diagnostic(problem)), span: problem.span };
}

/** Methods by which a client proves what serves to log in upstream; and the one by which nobody comes in. */
const passing: ReadonlySet<Method> = new Set([
  "password",
  "md5",
  "scram-sha-256",
  "ldap",
  "radius",
  "pam",
  "reject",
]);

function nothingToPass(rules: readonly HbaRule[]): Located[] {
  return rules.flatMap(({ method, columns: { method: span } }) => {
    if (passing.has(method)) return [];
    const text = `method ${method} leaves nothing to pass on to the upstream`;
    return [{ finding: findingAt("nothing-to-pass", span, text), span }];
  });
}

/** Problems come in the order in which they were found, which is not always that of the lines. */
function inOrder(found: readonly Located[], entries: readonly (HbaEntry | IdentEntry)[]): Finding[] {
  if (found.length < 2) return found.map(({ finding }) => finding);
  const places = new Map<string, number>();
  let place = 0;
  for (const { line } of inPassing(entries)) places.set(nameOf(line), (place += 1));
  const placeOf = ({ span }: Located): number => (span && places.get(nameOf(span.line))) ?? place + 1;
  return found.toSorted((a, b) => placeOf(a) - placeOf(b)).map(({ finding }) => finding);
}

function nameOf({ number, file }: Line): string {
  return `${number} ${file}`;
}
