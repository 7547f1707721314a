import { asciiLower } from "@sallyport/policy";
import type { HbaRule } from "@sallyport/policy";
import { lanesOfType, tcp } from "../space/lanes.ts";
import type { Lanes } from "../space/lanes.ts";

/**
 * For whom the server looks at a host name, if no rule decides before: it does so as soon as the type fits, whatever database and
 * user are. What it finds out stands in the DETAIL of refusals, so that a name must not go out of a file.
 */
export function lookupsOf(rules: Iterable<HbaRule>): ReadonlyMap<string, Lanes> {
  const lookups = new Map<string, Lanes>();
  for (const rule of rules) {
    if (rule.address?.kind !== "hostname") continue;
    const name = asciiLower(rule.address.name);
    lookups.set(name, (lookups.get(name) ?? 0) | lookedUpFor(rule));
  }
  return lookups;
}

/** Of a rule with a host name: the ways to come by which it is looked at. */
export function lookedUpFor({ type, address }: HbaRule): Lanes {
  return address?.kind === "hostname" ? lanesOfType(type) & tcp : 0;
}

/** Is each of these names looked at for the same clients? */
export function sameLookups(a: ReadonlyMap<string, Lanes>, b: ReadonlyMap<string, Lanes>): boolean {
  return a.size === b.size && [...a].every(([name, lanes]) => b.get(name) === lanes);
}

/** Would another rule have this one's name looked at for all that it does? True for a rule without one. */
export function isLookedUpBy(others: Iterable<HbaRule>, rule: HbaRule): boolean {
  if (rule.address?.kind !== "hostname") return true;
  const lanes = lookupsOf(others).get(asciiLower(rule.address.name)) ?? 0;
  return (lookedUpFor(rule) & ~lanes) === 0;
}
