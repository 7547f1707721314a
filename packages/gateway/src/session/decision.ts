import { networkInterfaces } from "node:os";
import { decide, parseClientAddress, parseIpv4, parseIpv6 } from "@sallyport/policy";
import type { Attempt, Facts, HbaRule, InterfaceAddress, Policy } from "@sallyport/policy";
import { FatalError } from "@sallyport/wire";
import type { LoginRow } from "../catalog/catalog.ts";

/**
 * The rule whose method this client has to pass.
 *
 * @throws {FatalError} 28000 a rule refuses, or none fits; before the client is asked for anything
 */
export function decideRule(policy: Policy, attempt: Attempt, row: LoginRow): HbaRule {
  const facts: Facts = { membership: (_, group) => row.memberOf.has(group) };
  let decision = decide(policy, attempt, facts);
  if (decision.dependsOn.some(({ fact }) => fact === "interfaces")) {
    decision = decide(policy, attempt, { ...facts, interfaces: ownInterfaces() });
  }
  const { outcome, rule, sqlstate, message, detail, dependsOn } = decision;
  // Who the system user is shows when the method has run; then the map decides (`admitIdentity`).
  const openUntilProof = outcome === "unknown" && dependsOn.every(({ fact }) => fact === "system_user");
  if (rule && (outcome === "authenticate" || openUntilProof)) return rule;
  if (message !== null)
    throw new FatalError(sqlstate ?? "28000", message, { logDetail: detail ?? undefined });
  // The policy holds only rules that this gateway can carry out, so nothing else can be unknown: fail closed.
  const open = dependsOn.map(({ fact }) => fact).join(", ");
  throw new FatalError("XX000", "no decision could be made", { logDetail: `Not known: ${open}.` });
}

/** Addresses of this machine, enumerated anew for each decision, as PostgreSQL does. */
function ownInterfaces(): InterfaceAddress[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address, netmask }) => {
      const own = parseClientAddress(address.split("%")[0] ?? "");
      return own ? [{ ip: own.ip, mask: parseIpv4(netmask) ?? parseIpv6(netmask) }] : [];
    }),
  );
}
