import { asciiLower, masked } from "@sallyport/policy";
import type { DatabasePattern, HbaRule, UserPattern } from "@sallyport/policy";
import type { RuleOutcome } from "../outcome/outcome.ts";
import type { Maps } from "./maps.ts";

/** Equal for rules that match the same connections. Different texts may mean the same: then more is compared than has to be. */
export function matchText(rule: HbaRule): string {
  return `${rule.type}\n${namesMeaning(rule.databases)}\n${namesMeaning(rule.users)}\n${addressMeaning(rule)}`;
}

/** Gives texts that are equal for outcomes that come to the same. */
export function outcomeTexts(maps: Maps): (outcome: RuleOutcome) => string {
  const texts = new Map<RuleOutcome, string>();
  return (outcome) => {
    const known = texts.get(outcome);
    if (known !== undefined) return known;
    const text = `${JSON.stringify(outcome)} ${maps(outcome)?.meaning ?? ""}`;
    texts.set(outcome, text);
    return text;
  };
}

/** Equal for columns that match the same names; not for all of them. */
export function namesMeaning(patterns: readonly (DatabasePattern | UserPattern)[]): string {
  // No name has a NUL in it.
  return patterns.map(patternMeaning).join("\0");
}

export function patternMeaning(pattern: DatabasePattern | UserPattern): string {
  switch (pattern.kind) {
    case "literal":
    case "member":
      return `${pattern.kind} ${pattern.name}`;
    case "regex":
      return `regex ${pattern.regex.pattern}`;
    case "all":
    case "sameuser":
    case "samerole":
    case "replication":
      return pattern.kind;
  }
}

/** Equal for columns that match the same addresses. */
export function addressMeaning({ address }: HbaRule): string {
  switch (address?.kind) {
    case "network":
      return `network ${masked(address.ip, address.mask)} ${address.mask}`;
    case "hostname":
      return `host ${asciiLower(address.name)}`;
    case undefined:
    case "all":
    case "samehost":
    case "samenet":
      return address?.kind ?? "";
  }
}
