import type { Bytes, HbaRule } from "@sallyport/policy";
import type { Name, TellingRegex } from "./question.ts";

/** What is not in a matrix, gathered while it is made. */
export interface Omissions {
  readonly roles: Name[];
  readonly databases: Name[];
  readonly roleRegexes: readonly TellingRegex[];
  /** By their patterns. */
  readonly databaseRegexes: Map<Bytes, TellingRegex>;
  /** Rules whose mask has holes, by their lines. */
  readonly masks: Map<string, HbaRule>;
}

export function noOmissions(roleRegexes: readonly TellingRegex[]): Omissions {
  return { roles: [], databases: [], roleRegexes, databaseRegexes: new Map(), masks: new Map() };
}

/** A sentence for each kind of it: what, and how to ask for it. */
export function leftOutOf({ roles, databases, roleRegexes, databaseRegexes, masks }: Omissions): Bytes[] {
  return [
    ...tooMany(roles, "role", "-U NAME"),
    ...tooMany(databases, "database", "-d NAME"),
    ...toldApart(roleRegexes, "role", "-U NAME"),
    ...toldApart([...databaseRegexes.values()], "database", "-d NAME"),
    ...holes([...masks.values()]),
  ];
}

function tooMany(names: readonly Name[], thing: string, option: string): Bytes[] {
  const [first] = names;
  if (!first) return [];
  const which = first.is === "named" ? ` ("${first.name}"${names.length > 1 ? " and on" : ""})` : "";
  const what = names.length === 1 ? `1 ${thing}${which}` : `${names.length} ${thing}s${which}`;
  return [`${what}, since there is too much to decide: ask with ${option}`];
}

function toldApart(regexes: readonly TellingRegex[], thing: string, option: string): Bytes[] {
  const [first] = regexes;
  if (!first) return [];
  const which = `"${first.pattern}" (${placeOf(first.rule)})${regexes.length > 1 ? ` and ${regexes.length - 1} more` : ""}`;
  return [
    `${thing}s that no line names, and that regular expressions may tell apart: ${which}; ask with ${option}`,
  ];
}

function holes(rules: readonly HbaRule[]): Bytes[] {
  const [first] = rules;
  if (!first) return [];
  const which = `${placeOf(first)}${rules.length > 1 ? ` and ${rules.length - 1} more` : ""}`;
  return [`addresses that only a mask with holes tells apart: ${which}; ask with --address IP`];
}

function placeOf({ fileName, lineNumber }: HbaRule): Bytes {
  return `${fileName.slice(fileName.lastIndexOf("/") + 1)}:${lineNumber}`;
}
