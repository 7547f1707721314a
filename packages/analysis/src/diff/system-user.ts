import type { Bytes, HbaRule } from "@sallyport/policy";
import { cutsRealm } from "../outcome/outcome.ts";

/**
 * What the other system reports of a client that a map of this rule sees under this name: with a realm, where it is cut off.
 *
 * @param beside a rule that is asked about the same client, and perhaps for his realm
 */
export function rawSystemUser(rule: HbaRule, name: Bytes, beside: HbaRule = rule): Bytes {
  if (!cutsRealm(rule)) return name;
  const realm = rule.options.krbRealm || beside.options.krbRealm || (cutsRealm(beside) ? "" : anyRealm);
  return realm === "" ? name : `${name}@${realm}`;
}

/** For documentation (RFC 2606). */
const anyRealm: Bytes = "EXAMPLE.COM";
