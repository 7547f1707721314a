import { diagnostic } from "@sallyport/policy";
import type {
  Bytes,
  HbaEntry,
  HbaRule,
  IdentEntry,
  IdentFile,
  Method,
  Problem,
  Reading,
  Span,
} from "@sallyport/policy";
import { unenforceable } from "../config/enforcement.ts";
import type { Machine } from "../config/enforcement.ts";
import { findingOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { FindingId } from "./finding-kinds.ts";

/**
 * What is wrong with `pg_hba.conf`, in the order of its lines.
 *
 * @param machine what a gateway would run it on; null: it is a PostgreSQL server's
 * @param passesOn what clients prove is all that the gateway logs in upstream with
 */
export function hbaFindings(
  { hba, ident }: Reading,
  machine: Machine | null,
  passesOn: boolean = false,
): Finding[] {
  const refused = machine === null ? [] : unenforceable(hba, machine);
  const found = [
    ...hba.problems.map((problem) => located(hbaIds[problem.severity], problem)),
    ...refused.map((problem) => located("hba-not-enforceable", problem)),
    ...(ident?.loads ? missingMaps(hba.rules, ident) : []),
    ...(passesOn ? nothingToPass(hba.rules) : []),
  ];
  return inOrder(found, hba.entries);
}

/** What is wrong with `pg_ident.conf`, in the order of its lines. */
export function identFindings({ ident }: Reading): Finding[] {
  if (ident === null) return [];
  return inOrder(
    ident.problems.map((problem) => located(identIds[problem.severity], problem)),
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

interface Located {
  readonly finding: Finding;
  readonly span: Span | null;
}

function located(id: FindingId, problem: Problem): Located {
  return { finding: findingOf(id, diagnostic(problem)), span: problem.span };
}

/** A finding about a place in a file that was read without a problem. */
export function findingAt(id: FindingId, span: Span, text: Bytes, hint?: Bytes): Finding {
  const problem: Problem = { severity: "warning", text, sqlstate: "F0000", span, context: [span.line] };
  return findingOf(id, diagnostic(hint === undefined ? problem : { ...problem, hint }));
}

function missingMaps(rules: readonly HbaRule[], { mappings }: IdentFile): Located[] {
  const known = new Set(mappings.map(({ mapName }) => mapName));
  return rules.flatMap(({ options: { map = "" }, columns }) => {
    const span = columns.options.find(({ text }) => text.startsWith("map="));
    if (map === "" || known.has(map) || !span) return [];
    const text = `no line of pg_ident.conf is of map "${map}"`;
    return [{ finding: findingAt("map-missing", span, text), span }];
  });
}

/** Methods by which a client proves what serves to log in upstream; and the one by which nobody comes in. */
const passing: ReadonlySet<Method> = new Set(["password", "md5", "scram-sha-256", "radius", "reject"]);

function nothingToPass(rules: readonly HbaRule[]): Located[] {
  return rules.flatMap(({ method, columns: { method: span } }) => {
    if (passing.has(method)) return [];
    const text = `method ${method} leaves nothing to pass on to the upstream`;
    return [{ finding: findingAt("nothing-to-pass", span, text), span }];
  });
}

/** Problems come in the order in which they were found, which is not always that of the lines. */
function inOrder(found: readonly Located[], entries: readonly (HbaEntry | IdentEntry)[]): Finding[] {
  const places = new Map(entries.map(({ line }, at) => [`${line.number} ${line.file}`, at]));
  const placeOf = ({ span }: Located): number =>
    (span && places.get(`${span.line.number} ${span.line.file}`)) ?? entries.length;
  return found.toSorted((a, b) => placeOf(a) - placeOf(b)).map(({ finding }) => finding);
}
