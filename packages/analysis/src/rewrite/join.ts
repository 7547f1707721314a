import type { ConnectionType, HbaRule } from "@sallyport/policy";
import { addressMeaning } from "../diff/meaning.ts";
import { lanesOfType } from "../space/lanes.ts";
import { ruleText } from "./draft.ts";
import type { DraftRule, RuleText } from "./draft.ts";
import { joinedLists, listMeaning, listText } from "./lists.ts";
import { areHalves, doubled } from "./networks.ts";

/** A column by which two rules may differ that are made one. */
export type JoinedColumn = "database" | "user" | "address" | "type";

export const joinedColumns: readonly JoinedColumn[] = ["database", "user", "address", "type"];

/** Lists do not make a line longer than this: people read it. */
const mostBytes = 400;

/** Equal for rules that differ by this column alone, if their outcomes are equal; null: it is joined with none. */
export function joinKey({ rules, section }: DraftRule, column: JoinedColumn): string | null {
  const parts = rules.map((rule) => {
    const { type, databases, users, address } = rule;
    const double = column === "address" ? doubled(address) : null;
    if (column === "address" && !double) return null;
    // A lookup that is made for some would be made for others, too.
    if (column === "type" && (address === null || address.kind === "hostname")) return null;
    return [
      column === "type" ? "" : type,
      column === "database" ? "" : listMeaning(databases),
      column === "user" ? "" : listMeaning(users),
      double ? addressMeaning({ ...rule, address: double.pattern }) : addressMeaning(rule),
    ].join("\n");
  });
  return parts.includes(null) ? null : [section, ...parts].join("\n\n");
}

/** One rule for all that both match, as every reading has it and written in one way. Null: there is none, or it is too long. */
export function joined(
  a: DraftRule,
  b: DraftRule,
  column: JoinedColumn,
): { readonly rules: readonly HbaRule[]; readonly columns: Partial<RuleText> } | null {
  if (!a.text || !b.text) return null;
  const rules: HbaRule[] = [];
  let columns: Partial<RuleText> | null = null;
  for (const [at, one] of a.rules.entries()) {
    const other = b.rules[at];
    const made = other && joinedRule(one, other, column);
    if (!made || (columns && JSON.stringify(columns) !== JSON.stringify(made.columns))) return null;
    rules.push(made.rule);
    columns = made.columns;
  }
  if (!columns) return null;
  // Of a line that is long already the next one begins a new list.
  const isList = column === "database" || column === "user";
  return isList && ruleText({ ...a.text, ...columns }).length > mostBytes ? null : { rules, columns };
}

interface JoinedRule {
  readonly rule: HbaRule;
  readonly columns: Partial<RuleText>;
}

function joinedRule(a: HbaRule, b: HbaRule, column: JoinedColumn): JoinedRule | null {
  switch (column) {
    case "database": {
      const databases = joinedLists(a.databases, b.databases);
      return { rule: { ...a, databases }, columns: { database: listText(databases) } };
    }
    case "user": {
      const users = joinedLists(a.users, b.users);
      return { rule: { ...a, users }, columns: { user: listText(users) } };
    }
    case "address": {
      const address = doubled(a.address);
      if (!address || !areHalves(a.address, b.address)) return null;
      return { rule: { ...a, address: address.pattern }, columns: { address: address.text } };
    }
    case "type": {
      const lanes = lanesOfType(a.type) | lanesOfType(b.type);
      const type = tcpTypes.find((one) => lanesOfType(one) === lanes);
      return type === undefined ? null : { rule: { ...a, type }, columns: { type } };
    }
  }
}

const tcpTypes: readonly ConnectionType[] = ["host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];
