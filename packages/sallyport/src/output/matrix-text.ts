import { kindsOf, ruleLinesOf, ruleName } from "@sallyport/analysis";
import type { Answer, Block, Kind, Matrix, Name, Row, RuleLines } from "@sallyport/analysis";
import { utf8Text } from "@sallyport/policy";
import type { Policy, RoleCatalogue } from "@sallyport/policy";
import { addressWords, barrierWords, nameWords, typeWords } from "./matrix-words.ts";
import { counted, printable } from "./printable.ts";
import { alignedText } from "./table.ts";

const pageWidth = 100;
const databaseWidth = 22;
const addressWidth = 30;

const header = ["DATABASE", "TYPE", "ADDRESS", "METHOD", "LINE", ""] as const;

/** A block for the roles to which the same holds; in it a row for what comes to the same. */
export function matrixText(
  { blocks, leftOut }: Matrix,
  policy: Policy,
  catalogue: RoleCatalogue | null,
): string[] {
  const lines = ruleLinesOf(policy);
  const possible = kindsOf(policy.profile);
  const tables = blocks.map((block) => blockRows(block, possible, lines));
  const [first = "", ...aligned] = alignedText([header, ...tables.flat()]);
  // Where no line names a role, any other one is any.
  const isAnybody = blocks.length === 1 && blocks[0]?.roles.every(({ is }) => is === "other") === true;
  let at = 0;
  const shown = blocks.flatMap(({ roles }, place) => {
    const rows = aligned.slice(at, (at += tables[place]?.length ?? 0));
    const names = isAnybody ? ["all"] : roles.map(nameWords);
    return ["", ...wrapped(names, pageWidth), ...rows.map((row) => `  ${row}`)];
  });
  return [...provenance(policy, catalogue), "", `  ${first}`, ...shown, ...omitted(leftOut)];
}

function provenance({ profile, hbaFileName, rules }: Policy, catalogue: RoleCatalogue | null): string[] {
  const file = printable(utf8Text(hbaFileName));
  const whose = !catalogue
    ? "Roles and databases: those that the files name."
    : catalogue.databases
      ? "Roles and databases: those of the catalogue."
      : "Roles: those of the catalogue. Databases: those that the file names.";
  return [`As PostgreSQL ${profile.version.major} reads ${file} (${counted(rules.length, "rule")}).`, whose];
}

function omitted(leftOut: readonly string[]): string[] {
  return leftOut.length === 0
    ? []
    : ["", ...leftOut.map((what) => `Left out: ${printable(utf8Text(what))}.`)];
}

type TableRow = readonly string[];

/** What no line admits comes last, as all the rest. */
function blockRows({ rows }: Block, possible: readonly Kind[], lines: RuleLines): TableRow[] {
  const ordinary = new Set(rows.flatMap(({ databases }) => databases.filter(isOrdinary)));
  const decided = rows.filter(({ answer }) => answer.outcome !== "no_entry");
  const shown = decided.flatMap((row) => {
    const words = databaseWords(row.databases, ordinary.size);
    return rowLines(row, wrapped(words, databaseWidth), possible, lines);
  });
  if (decided.length === rows.length) return shown;
  return [...shown, [decided.length > 0 ? "all else" : "all", "", "", "no entry", "", ""]];
}

/** `all` means what it means in `pg_hba.conf`: not physical replication. */
function databaseWords(some: readonly Name[], all: number): string[] {
  const ordinary = some.filter(isOrdinary);
  const isOneName = ordinary.length === 1 && ordinary[0]?.is === "named";
  if (ordinary.length === 0 || ordinary.length < all || isOneName) return some.map(nameWords);
  return ["all", ...some.filter((name) => !isOrdinary(name)).map(nameWords)];
}

function isOrdinary({ is }: Name): boolean {
  return is !== "replication";
}

function rowLines(
  { kinds, addresses, answer }: Row,
  databases: readonly string[],
  possible: readonly Kind[],
  lines: RuleLines,
): TableRow[] {
  const from = wrapped(addressWords(addresses), addressWidth);
  const answers = answerLines(answer, lines);
  const height = Math.max(databases.length, from.length, answers.length, 1);
  return Array.from({ length: height }, (_, at) => [
    databases[at] ?? "",
    at === 0 ? typeWords(kinds, possible) : "",
    from[at] ?? "",
    ...(answers[at] ?? ["", "", ""]),
  ]);
}

const mostSteps = 4;

/** Method, line, and what else there is to say: several lines if several rules may decide. */
function answerLines(answer: Answer, lines: RuleLines): TableRow[] {
  const { steps, outcome } = answer;
  const rows = steps.map(({ rule, conditions }, at) => {
    const isLast = at === steps.length - 1;
    const ifs =
      conditions.length > 0 ? [`if ${conditions.map((one) => printable(utf8Text(one))).join(" and ")}`] : [];
    const otherwise = isLast && steps.length > 1 ? ["otherwise"] : [];
    const refused = outcome === "refused" ? ["refused by its map"] : [];
    const barrier = isLast && barrierWords(answer) !== "" ? [barrierWords(answer)] : [];
    const method = rule ? rule.method : "no entry";
    const line = rule ? printable(utf8Text(ruleName(lines, rule))) : "";
    return [method, line, [...otherwise, ...ifs, ...refused, ...barrier].join("; ")];
  });
  if (rows.length <= mostSteps) return rows;
  const left = rows.length - mostSteps;
  return [...rows.slice(0, mostSteps - 1), ["...", "", `${left} more lines may decide`], ...rows.slice(-1)];
}

/** A list in lines that are no longer than this, if its items are not. */
function wrapped(items: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const [at, item] of items.entries()) {
    const text = at < items.length - 1 ? `${item},` : item;
    if (line !== "" && line.length + 1 + text.length > width) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? text : ` ${text}`;
  }
  return line === "" ? lines : [...lines, line];
}
