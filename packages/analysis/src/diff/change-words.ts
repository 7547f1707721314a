import { maskShownOption } from "@sallyport/policy";
import type { Bytes, HbaRule, Mapping } from "@sallyport/policy";
import type { Box } from "../space/box.ts";
import type { Space } from "../space/space.ts";
import { boxWords, nameWords } from "../space/words.ts";
import type { RulesOfChange } from "./rules-of-change.ts";
import type { MapChange } from "./map-changes.ts";
import type { Region } from "./region.ts";

/** Of more boxes than these it is shorter to say what earlier lines decide about. */
const mostBoxes = 2;
/** More boxes than these are counted. */
const mostCommon = 4;

/**
 * `everybody, to billing, from 10.20.0.0/16 over TLS: now trust by pg_hba.conf:3, before scram-sha-256 by pg_hba.conf:7`.
 *
 * @param common what both rules match
 */
export function changeWords(
  { boxes, exact }: Region,
  common: readonly Box[],
  rules: RulesOfChange,
  space: Space,
): Bytes {
  const isShort = exact && boxes.length <= Math.max(mostBoxes, common.length);
  const said = isShort ? boxes : common;
  const who = said.slice(0, mostCommon).map((box) => boxWords(box, space));
  if (said.length > mostCommon) who.push(`and ${said.length - mostCommon} more parts`);
  const unless = isShort ? "" : ", unless an earlier line decides";
  return `${who.join("; ")}${unless}: now ${byRule(rules.new)}, before ${byRule(rules.old)}`;
}

/** `map "os": the system user carol can now be postgres (pg_ident.conf:4), by pg_hba.conf:7`. */
export function mapWords({ side, line, point, systemUser }: MapChange, rules: RulesOfChange): Bytes {
  const rule = rules[side];
  const { mapping } = line;
  const map = mapping ? `map ${nameWords(mapping.mapName)}` : "without a map";
  const who = `the system user ${nameWords(systemUser)}${othersWords(mapping)}`;
  const can = side === "new" ? "can now be" : "can no longer be";
  const by = mapping ? ` (${placeWords(mapping.line)})` : "";
  return `${map}: ${who} ${can} ${nameWords(point.role)}${by}, by ${rule ? placeWords(rule.line) : "no line"}`;
}

/** A line with expressions, groups or keywords is about more people than the witness. */
function othersWords(mapping: Mapping | null): Bytes {
  if (!mapping) return " (and others whose names are equal)";
  const { systemUser, databaseUser } = mapping;
  if (systemUser.kind === "literal" && databaseUser.kind === "literal") return "";
  return ` (and others, by ${systemUser.token.text} ${databaseUser.token.text})`;
}

function byRule(rule: HbaRule | null): Bytes {
  return rule ? `${treatmentWords(rule)} by ${placeWords(rule.line)}` : treatmentWords(rule);
}

/** What becomes of whom a rule decides about, or none does: the method with its options, of which no secret is shown. */
export function treatmentWords(rule: HbaRule | null): Bytes {
  if (!rule) return "refused, as no line fits";
  const options = rule.columns.options.map((token) => ` ${maskShownOption(token.text)}`).join("");
  return `${rule.method === "reject" ? "rejected" : rule.method}${options}`;
}

function placeWords({ file, number }: HbaRule["line"]): Bytes {
  return `${file.slice(file.lastIndexOf("/") + 1)}:${number}`;
}
