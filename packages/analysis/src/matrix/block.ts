import { decide } from "@sallyport/policy";
import type { Attempt, Policy } from "@sallyport/policy";
import { partsOf } from "./address-parts.ts";
import type { AddressPart } from "./address-parts.ts";
import { answerOf } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { groupBy } from "./group-by.ts";
import type { AddressClass } from "./networks.ts";
import type { DatabaseClass } from "./plan.ts";
import { attemptOf } from "./question.ts";
import type { Kind, MatrixContext, MatrixQuestion, Name } from "./question.ts";

/** Attempts that come to the same: to any of the databases, in any of the ways, from any of the addresses. */
export interface Row {
  readonly databases: readonly Name[];
  readonly kinds: readonly Kind[];
  /** Empty: through a Unix-domain socket. */
  readonly addresses: readonly AddressPart[];
  readonly answer: Answer;
  /** One of them. */
  readonly example: Attempt;
}

interface Cell {
  readonly kind: Kind;
  readonly from: AddressClass | null;
  readonly attempt: Attempt;
  readonly answer: Answer;
}

/** How many decisions there are to make. */
export function decisionsFor({ addresses }: DatabaseClass, { kinds }: MatrixQuestion): number {
  return kinds.reduce((sum, kind) => sum + (kind === "local" ? 1 : addresses.length), 0);
}

/** Decides about all that is planned for a role, and merges what comes to the same. */
export function rowsOf(
  policy: Policy,
  role: Name,
  plan: readonly DatabaseClass[],
  question: MatrixQuestion,
  { facts, catalogue }: MatrixContext,
): Row[] {
  const rows = plan.flatMap(({ databases, addresses }) => {
    const cell = (kind: Kind, from: AddressClass | null): Cell => {
      const attempt = attemptOf(role.name, databases[0], kind, from && from.address, question);
      return { kind, from, attempt, answer: answerOf(decide(policy, attempt, facts), catalogue) };
    };
    const cells = question.kinds.flatMap((kind) =>
      kind === "local" ? [cell(kind, null)] : addresses.map((from) => cell(kind, from)),
    );
    return mergeCells(cells, databases, addresses);
  });
  return mergeDatabases(rows).toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Cells of the same address and answer are one, and then those of the same ways and answer. */
function mergeCells(cells: readonly Cell[], databases: readonly Name[], all: readonly AddressClass[]): Row[] {
  const ofOneAddress = groupBy(
    cells,
    ({ from, answer }) => `${from?.network.text ?? "local"}\n${answer.key}`,
  );
  const alike = groupBy(ofOneAddress, (group) => `${kindsOf(group).join(" ")}\n${group[0].answer.key}`);
  return alike.map((groups) => {
    const [{ answer, attempt }] = groups[0];
    const addresses = partsOf(new Set(groups.flatMap(([{ from }]) => from ?? [])), all);
    return { databases, kinds: kindsOf(groups[0]), addresses, answer, example: attempt };
  });
}

function kindsOf(cells: readonly Cell[]): Kind[] {
  return cells.map(({ kind }) => kind);
}

/** Rows that differ in the databases alone are one. */
function mergeDatabases(rows: readonly Row[]): Row[] {
  const alike = groupBy(rows, ({ kinds, addresses, answer }) =>
    JSON.stringify([kinds, addresses, answer.key]),
  );
  return alike.map((group) => {
    const [{ kinds, addresses, answer, example }] = group;
    const databases = group.flatMap((row) => row.databases).toSorted(compareNames);
    return { databases, kinds, addresses, answer, example };
  });
}

const ranks: Readonly<Record<Name["is"], number>> = { named: 0, own: 1, other: 2, replication: 3 };

/** So that the same databases stand in the same order, whatever the role. */
function compareNames(a: Name, b: Name): number {
  return ranks[a.is] - ranks[b.is] || (a.name < b.name ? -1 : Number(a.name > b.name));
}

/** Rows come in the order of the lines that decide, or may; at the end what no line decides. */
function placeOf({ answer }: Row): number {
  return answer.steps[0]?.rule?.ruleNumber ?? Number.MAX_SAFE_INTEGER;
}
