import type { Bytes } from "../bytes.ts";
import type { Attempt, Connection } from "../decide/attempt.ts";
import { decide } from "../decide/decide.ts";
import type { Decision } from "../decide/decide.ts";
import type { Facts } from "../decide/facts.ts";
import type { HbaRule } from "../hba/rule.ts";
import { formatIp } from "../ip.ts";
import type { Policy } from "../policy.ts";

/** What somebody who was refused by a rule, or by the lack of one, can do. Byte strings. */
export function refusalHints(policy: Policy, attempt: Attempt, decision: Decision, facts: Facts): Bytes[] {
  if (decision.outcome !== "no_entry" && decision.outcome !== "reject") return [];
  const { connection } = decision;
  const otherwise = connection.client === null ? [] : encryptionHints(policy, attempt, decision, facts);
  const same =
    otherwise.length === 0 ? "To admit it" : `To admit it ${encryptionWords[connection.encryption]}`;
  const place = decision.rule
    ? `goes before ${lineName(decision.rule)}`
    : policy.rules.length > 0
      ? `goes after ${lineName(policy.rules.at(-1))}`
      : "is";
  const line = narrowestLine(connection);
  return line === null ? otherwise : [...otherwise, `${same}, the narrowest line ${place}:  ${line}`];
}

/**
 * A line that admits this attempt and as little else as a line can, by the strongest password method. Null: there is
 * none, since a name that begins with a slash reads as a regular expression, in quotes too.
 */
function narrowestLine({ user, database, client, encryption, replication }: Connection): Bytes | null {
  if (user.startsWith("/") || database.startsWith("/")) return null;
  const columns = [
    client === null ? "local" : { none: "host", ssl: "hostssl", gss: "hostgssenc" }[encryption],
    replication === true ? "replication" : nameToken(database),
    nameToken(user),
    ...(client === null ? [] : [`${formatIp(client.ip)}/${8 * client.ip.length}`]),
    "scram-sha-256",
  ];
  return columns.join(" ");
}

/** The name of a rule's line, short: the file without its directory, and the number. */
export function lineName(rule: HbaRule | undefined): Bytes {
  return rule ? `${rule.line.file.slice(rule.line.file.lastIndexOf("/") + 1)}:${rule.line.number}` : "";
}

const encryptionWords = { none: "without TLS", ssl: "with TLS", gss: "with GSSAPI encryption" } as const;

function encryptionHints(policy: Policy, attempt: Attempt, { connection }: Decision, facts: Facts): Bytes[] {
  const ways = [
    { encryption: "ssl", ssl: true, gssenc: false, words: "With TLS (sslmode=require)" },
    { encryption: "gss", ssl: false, gssenc: true, words: "With GSSAPI encryption (gssencmode=require)" },
    {
      encryption: "none",
      ssl: false,
      gssenc: false,
      words: "Without encryption (sslmode=disable gssencmode=disable)",
    },
  ] as const;
  return ways.flatMap(({ encryption, ssl, gssenc, words }) => {
    if (encryption === connection.encryption) return [];
    const { outcome, rule } = decide(policy, { ...attempt, ssl, gssenc }, facts);
    return outcome === "authenticate" && rule
      ? [`${words} ${lineName(rule)} admits it by ${rule.method}.`]
      : [];
  });
}

/** A name as a token that means this name and nothing else. */
function nameToken(name: Bytes): Bytes {
  const plain =
    /^[A-Za-z0-9_.$-]+$/.test(name) && !/^(?:all|sameuser|samerole|samegroup|replication)$/.test(name);
  return plain ? name : `"${name.replaceAll('"', '""')}"`;
}
