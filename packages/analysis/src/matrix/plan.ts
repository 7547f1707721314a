import { barrierTo, connectionOf, parseClientAddress } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { groupBy } from "./group-by.ts";
import type { Omissions } from "./left-out.ts";
import { databasesOf } from "./names.ts";
import { addressClass, addressClasses, interfaceNetworks, networkOf } from "./networks.ts";
import type { AddressClass } from "./networks.ts";
import { attemptOf } from "./question.ts";
import type { MatrixContext, MatrixQuestion, Name } from "./question.ts";
import { indexRules, rulesAbout } from "./rule-index.ts";
import type { FoundRule, PlacedRule } from "./rule-index.ts";

/** Databases that no rule about a role tells apart, and the addresses that those rules do. */
export interface DatabaseClass {
  /** Never empty. The first one stands for all. */
  readonly databases: readonly [Name, ...Name[]];
  readonly addresses: readonly AddressClass[];
}

/** What is to be asked of a role, by the rules that may decide about it. */
export function planOf(
  policy: Policy,
  role: Name,
  rules: readonly PlacedRule[],
  question: MatrixQuestion,
  context: MatrixContext,
  omissions: Omissions,
): DatabaseClass[] {
  const { facts, catalogue } = context;
  const { names, regexes } = databasesOf(
    rules.map(({ rule }) => rule),
    role.name,
    question,
    context,
  );
  for (const one of regexes) omissions.databaseRegexes.set(one.pattern, one);
  const index = indexRules(rules, "database");
  const about = names.map((database) => {
    const attempt = attemptOf(role.name, database, "local", null, question);
    const connection = connectionOf(attempt, policy.profile);
    const found = rulesAbout(index, connection, facts);
    // What a rule depends on may have the name of the database in it.
    const isApart = found.some(({ isCertain }) => !isCertain);
    const barrier = catalogue && barrierTo(connection, catalogue);
    const key = JSON.stringify([barrier, found.map(({ place }) => place), isApart && database.name]);
    return { database, found, key };
  });
  return groupBy(about, ({ key }) => key).map(([first, ...more]) => ({
    databases: [first.database, ...more.map(({ database }) => database)],
    addresses: addressesOf(first.found, question, context, omissions),
  }));
}

function addressesOf(
  rules: readonly FoundRule[],
  { address }: MatrixQuestion,
  { facts }: MatrixContext,
  omissions: Omissions,
): AddressClass[] {
  const client = address === null ? null : parseClientAddress(address);
  if (client) return [addressClass(client.ip, client.text)];
  const networks = [];
  for (const { rule } of rules) {
    const { address: pattern } = rule;
    if (pattern?.kind === "samehost" || pattern?.kind === "samenet")
      networks.push(...interfaceNetworks(facts));
    if (pattern?.kind !== "network") continue;
    const network = networkOf(pattern);
    if (network) networks.push(network);
    else omissions.masks.set(`${rule.lineNumber}:${rule.fileName}`, rule);
  }
  return addressClasses(networks);
}
