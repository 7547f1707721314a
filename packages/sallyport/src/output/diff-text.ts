import { relative } from "node:path";
import { summaryOf, treatmentWords } from "@sallyport/analysis";
import type { Change, Difference, RulesOfChange, Undecided } from "@sallyport/analysis";
import { maskRule, question, utf8Text } from "@sallyport/policy";
import type { Bytes, HbaRule, Line } from "@sallyport/policy";
import { attemptText } from "./attempt-text.ts";
import { counted, printable } from "./printable.ts";

/** Of more changes that are alike only the first are shown, and the rest is counted: nobody reads ten thousand. */
const mostAlike = 50;
const shownAlike = 10;

/** A block for each change, what could not be decided, and in the last line how many there are of each kind. */
export function diffText({ changes, undecided }: Difference): string[] {
  const blocks = changeBlocks(changes);
  for (const rules of undecided) blocks.push([undecidedWords(rules), ...ruleLines(rules)]);
  const settle = new Set(changes.flatMap(({ dependsOn }) => dependsOn.map((one) => question(one).settle)));
  const asked = [...settle].filter((option) => /^--(?:roles|server-address)/.test(option));
  const hint = asked.length > 0 ? [`HINT:  To settle what changes depend on: ${asked.join(", ")}.`, ""] : [];
  return [...blocks.flatMap((block) => block.concat("")), ...hint, summaryText(changes, undecided)];
}

function undecidedWords({ old, new: now, notCompared }: Undecided): string {
  if (notCompared === null)
    return "not decided: whether one of these lines, or its map, lets somebody in whom the other does not";
  const more = notCompared - (old ? 1 : 0) - (now ? 1 : 0);
  const others = more > 0 ? `, and ${counted(more, "more changed line")}` : "";
  return `not decided: it would take too long to compare all of these lines${others}`;
}

function changeBlocks(changes: readonly Change[]): string[][] {
  const count = new Map<string, number>();
  for (const change of changes) {
    const likeness = likenessOf(change);
    count.set(likeness, (count.get(likeness) ?? 0) + 1);
  }
  const shown = new Map<string, number>();
  const blocks: string[][] = [];
  for (const change of changes) {
    const likeness = likenessOf(change);
    const all = count.get(likeness) ?? 0;
    const place = (shown.get(likeness) ?? 0) + 1;
    shown.set(likeness, place);
    if (all <= mostAlike || place <= shownAlike) blocks.push(changeText(change));
    if (all > mostAlike && place === shownAlike) {
      const more = `${likeness}: ${all - shownAlike} more such changes, for others or by other lines`;
      blocks.push([more, "    to see each: --format json"]);
    }
  }
  return blocks;
}

/** `changed: now scram-sha-256, before md5`: the same edit of many lines makes changes that are equal in this. */
function likenessOf({ kind, map, rules }: Change): string {
  const [now, before] = [treatmentWords(rules.new), treatmentWords(rules.old)];
  const words = map ? `by a map of ${map.side === "new" ? now : before}` : `now ${now}, before ${before}`;
  return `${kind}: ${printable(utf8Text(words))}`;
}

/** Of more questions only some are shown. */
const mostAsked = 3;

function changeText(change: Change): string[] {
  const { kind, words, witness, dependsOn } = change;
  const asks = dependsOn.filter(({ fact }) => fact !== "hostname").map((one) => question(one).asks);
  const more =
    asks.length > mostAsked ? [`    depends on: ${asks.length - mostAsked} more such questions`] : [];
  return [
    `${kind}: ${printable(utf8Text(words))}`,
    ...mapLines(change),
    `    such as: ${attemptText(witness)}`,
    ...asks.slice(0, mostAsked).map((one) => `    depends on: ${printable(utf8Text(one))}`),
    ...more,
  ];
}

/** Both lines as they are written. */
function ruleLines({ old, new: now }: RulesOfChange): string[] {
  const lines = [
    ["-", old],
    ["+", now],
  ] as const;
  return lines.flatMap(([sign, rule]) => (rule ? [`  ${sign} ${ruleText(rule)}`] : []));
}

/** The line of the map, and below it that of the rule that names it; equal names have no line. */
function mapLines({ rules, map }: Change): string[] {
  if (!map?.mapping) return ruleLines(rules);
  const { line } = map.mapping;
  const rule = rules[map.side];
  const sign = map.side === "new" ? "+" : "-";
  return [`  ${sign} ${placeText(line)}  ${lineText(line.text)}`, ...(rule ? [`    ${ruleText(rule)}`] : [])];
}

function ruleText(rule: HbaRule): string {
  return `${placeText(rule.line)}  ${lineText(maskRule(rule))}`;
}

function lineText(text: Bytes): string {
  return printable(utf8Text(text).trim().replaceAll("\t", " "));
}

/** Below the directory of the user without it; of a revision as git names it. */
function placeText(line: Line): string {
  const full = utf8Text(line.file);
  const inside = relative("", full);
  const shown = inside.startsWith("..") ? full : inside;
  return `${printable(shown.replace(/:\//, ":"))}:${line.number}`;
}

/** `1 widening, 2 narrowing.` */
export function summaryText(changes: Difference["changes"], undecided: Difference["undecided"]): string {
  const counts = Object.entries(summaryOf(changes)).filter(([, count]) => count > 0);
  const parts = counts.map(([kind, count]) => `${count} ${kind}`);
  const pairs = undecided.filter(({ notCompared }) => notCompared === null).length;
  if (pairs > 0) parts.push(`${counted(pairs, "pair")} of lines not decided`);
  for (const { notCompared } of undecided)
    if (notCompared !== null) parts.push(`${counted(notCompared, "changed line")} not compared`);
  return parts.length === 0 ? "Nothing changes for anybody." : `${parts.join(", ")}.`;
}
