import { inPassing } from "@sallyport/policy";
import type { Bytes, HbaRule, LiteralPattern, RoleCatalogue } from "@sallyport/policy";
import type { FindingSource } from "../source.ts";

/** What roles that replicate are called. */
const replicates = /repl|standby|walreceiver|streaming|barman/i;

/** A line for a role that replicates, in a file in which nobody may: `all` does not match physical replication. */
export const findMissedReplication: FindingSource = ({ hba }, say, { catalogue }) => {
  if (!hba.loads) return;
  const found: { readonly rule: HbaRule; readonly role: LiteralPattern }[] = [];
  for (const rule of inPassing(hba.rules)) {
    if (rule.method === "reject") continue;
    if (rule.databases.some(({ kind }) => kind === "replication")) return;
    if (found.length > 0 || !rule.databases.some(({ kind }) => kind === "all")) continue;
    const role = rule.users.find(
      (user): user is LiteralPattern => user.kind === "literal" && isReplicator(user.name, catalogue),
    );
    if (role) found.push({ rule, role });
  }
  for (const { rule, role } of found) {
    const token = rule.columns.database.find(({ text, quoted }) => text === "all" && !quoted);
    const message = `physical replication does not match all: "${role.name}" cannot replicate`;
    say("replication-missed", token ?? role.token, message, {
      hint: "Add a line with replication as the database. Logical replication needs none.",
    });
  }
};

function isReplicator(name: Bytes, catalogue: RoleCatalogue | null): boolean {
  const role = catalogue?.roles.get(name);
  if (role?.replication != null) return role.replication && !role.superuser;
  return replicates.test(name);
}
