import { checkMap, matchedLineDetail, usesMap } from "@sallyport/policy";
import type { Bytes, HbaRule, Policy } from "@sallyport/policy";
import { authenticationFailed } from "@sallyport/methods";
import type { LoginRow } from "../catalog/catalog.ts";
import type { Log } from "../log/index.ts";
import { membershipOf } from "./membership.ts";

/**
 * Holds who the client has proved to be against the role that it asks for: by the rule's user name map, or by
 * equality (manual, 20.2). Methods that prove the role itself have nothing to compare.
 *
 * @throws {FatalError} the method's own failure; that the map was the reason is in the log only
 */
export function admitIdentity(
  policy: Policy,
  rule: HbaRule,
  role: Bytes,
  identity: Bytes | null,
  row: LoginRow,
  log: Log,
): void {
  if (!usesMap(rule)) return;
  const facts = { membership: membershipOf(row) };
  const verdict = identity === null ? null : checkMap(policy, rule, role, identity, facts);
  if (verdict?.matched === true) return;
  if (verdict?.error != null) log.log("LOG", verdict.error);
  throw authenticationFailed(rule.method, role, matchedLineDetail(rule, policy.profile));
}
