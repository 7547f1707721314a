import type { Matrix, Row } from "@sallyport/analysis";
import { utf8Text } from "@sallyport/policy";
import { barrierWords, nameWords } from "./matrix-words.ts";

const header = [
  "role",
  "database",
  "connection",
  "network",
  "except",
  "outcome",
  "auth_method",
  "file_name",
  "line_number",
  "remark",
] as const;

/**
 * A matrix as CSV (RFC 4180), nothing merged: a record for each role, database, way and network. What a spreadsheet would take for
 * a formula has an apostrophe before it.
 */
export function matrixCsv({ blocks, leftOut }: Matrix): string {
  const records = blocks.flatMap(({ roles, rows }) =>
    roles.flatMap((role) => rows.flatMap((row) => rowRecords(nameWords(role), row))),
  );
  const rest = leftOut.map((what) => [...header.slice(1).map(() => ""), `left out: ${utf8Text(what)}`]);
  return [header, ...records, ...rest].map((fields) => `${fields.map(csvField).join(",")}\r\n`).join("");
}

function rowRecords(role: string, { databases, kinds, addresses, answer }: Row): string[][] {
  const [last] = answer.steps.slice(-1);
  const rule = answer.steps[0]?.rule ?? last?.rule ?? null;
  const decided = [
    answer.outcome,
    rule ? rule.method : "",
    rule ? utf8Text(rule.fileName) : "",
    rule ? String(rule.lineNumber) : "",
    remark(answer),
  ];
  const from = addresses.length === 0 ? [{ network: "", except: [] }] : addresses;
  return databases.flatMap((database) =>
    kinds.flatMap((kind) =>
      from.map(({ network, except }) =>
        [role, nameWords(database), kind, network, except.join(" ")].concat(decided),
      ),
    ),
  );
}

/** Of an unknown outcome each line that may decide. */
function remark(answer: Row["answer"]): string {
  const open = answer.steps.map(({ rule, conditions }) => {
    const what = rule ? `${rule.method} (line ${rule.lineNumber})` : "no entry";
    return conditions.length > 0 ? `${what} if ${utf8Text(conditions.join(" and "))}` : what;
  });
  return [...(answer.outcome === "unknown" ? [open.join(", else ")] : []), barrierWords(answer)]
    .filter(Boolean)
    .join("; ");
}

function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
