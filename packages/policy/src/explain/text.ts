import type { Bytes } from "../bytes.ts";
import { characterCount, utf8Text } from "../bytes.ts";
import type { Decision } from "../decide/decide.ts";
import { columnNames } from "../decide/columns.ts";
import { maskRule } from "../hba/mask.ts";
import type { HbaRule } from "../hba/rule.ts";
import type { Policy } from "../policy.ts";
import { versionText } from "../versions/version.ts";
import { question } from "./because.ts";
import { lineName } from "./hints.ts";
import { shownTraces } from "./trace.ts";
import type { RuleTrace } from "./trace.ts";

/** What an explanation is made of. */
export interface Explanation {
  readonly policy: Policy;
  readonly decision: Decision;
  readonly trace: readonly RuleTrace[];
  readonly then: readonly Bytes[];
  readonly hints: readonly Bytes[];
  /** Show every rule, not only the nearest misses. */
  readonly whole: boolean;
}

/** An answer for people, as lines of text: what, by which line, why, and what to do. */
export function explanationText(explanation: Explanation): string[] {
  const { decision, then, hints } = explanation;
  const lines = [headline(decision), `(${provenance(explanation)})`, "", ...ruleLines(explanation)];
  if (decision.outcome === "unknown") lines.push("", ...eitherWay(decision));
  if (decision.map?.error != null) lines.push("", `LOG:  ${decision.map.error}`);
  if (decision.detail !== null && decision.map === null) lines.push("", `DETAIL:  ${decision.detail}`);
  if (then.length > 0) lines.push("", ...then.map((step, at) => `${at === 0 ? "Then: " : "      "}${step}`));
  if (hints.length > 0) lines.push("", ...hints.map((hint) => `HINT:  ${hint}`));
  return lines.map(utf8Text);
}

/** The answer itself: in PostgreSQL's words where it refuses. */
function headline({ outcome, message, rule, dependsOn }: Decision): Bytes {
  switch (outcome) {
    case "authenticate":
      return `${rule?.method === "trust" ? "Let in" : "Admitted"} by ${lineName(rule ?? undefined)}: ${rule?.method}`;
    case "reject":
    case "no_entry":
    case "refused":
      return `FATAL:  ${message}`;
    case "unknown":
      return `Unknown: ${dependsOn.map((one) => question(one).asks).join(" ")}`;
  }
}

function provenance({ policy, decision }: Explanation): Bytes {
  const { profile, hbaFileName, rules } = policy;
  const { rule, sqlstate, outcome } = decision;
  const which =
    outcome === "no_entry"
      ? "none matches"
      : outcome === "unknown"
        ? "undecided"
        : `${lineName(rule ?? undefined)} decides`;
  const count = `${rules.length} ${rules.length === 1 ? "rule" : "rules"}`;
  const state = sqlstate === null ? "" : `; SQLSTATE ${sqlstate}`;
  return `as PostgreSQL ${versionText(profile.version)} reads ${hbaFileName}; ${count}, ${which}${state}`;
}

function ruleLines({ trace, decision, whole }: Explanation): Bytes[] {
  const missed = trace.filter(({ matched }) => matched === false);
  const shown = whole ? trace : shownTraces(trace, decision.rule);
  const width = Math.max(0, ...shown.map(({ rule }) => characterCount(lineName(rule))));
  const lines = shown.flatMap((one) => oneRule(one, width));
  const left = missed.filter((one) => !shown.includes(one));
  if (left.length > 0) {
    const counts = columnNames.flatMap((column) => {
      const count = left.filter(({ mismatch }) => mismatch === column).length;
      return count > 0 ? [`${column} ${count}`] : [];
    });
    const who = left.length === 1 ? "The other one fails" : `The other ${left.length} fail`;
    lines.push(`     ${who} on: ${counts.join(", ")}.  (--trace shows each.)`);
  }
  return lines;
}

/** Verdict, place, the line as written; under it a caret and the fact behind the verdict. */
function oneRule(
  { rule, matched, mismatch, nearly, span, because, dependsOn }: RuleTrace,
  width: number,
): Bytes[] {
  const verdict = matched === null ? "??" : matched ? "yes" : "no";
  const lead = `${verdict.padStart(3)}  ${lineName(rule).padEnd(width)}   `;
  const start = rule.line.text.length - rule.line.text.trimStart().length;
  const written = expandTabs(maskRule(rule).slice(start).trimEnd());
  const lines = [lead + written];
  const wholeLine = span.start === 0 && span.end === rule.line.text.length;
  if (mismatch !== null && because !== null) {
    const before = wholeLine ? "" : expandTabs(rule.line.text.slice(start, span.start));
    const marked = wholeLine ? "" : rule.line.text.slice(span.start, span.end);
    const rest = nearly ? "; every other column matches" : "";
    const carets = "^".repeat(Math.max(characterCount(expandTabs(marked)), 1));
    lines.push(
      `${" ".repeat(lead.length + characterCount(before))}${carets}  ${mismatch}: ${because}${rest}`,
    );
  }
  if (mismatch === null && because !== null) lines.push(`${" ".repeat(lead.length)}${because}`);
  for (const one of dependsOn) {
    const { asks, settle } = question(one);
    lines.push(`${" ".repeat(lead.length)}depends on: ${asks} (${settle})`);
  }
  return lines;
}

/** The outcome for each answer that is not known yet. */
function eitherWay({ perhaps, rule, dependsOn, connection }: Decision): Bytes[] {
  const lines = perhaps.map((one) => `If ${lineName(one.rule)} matches, it decides: ${outcomeOf(one.rule)}.`);
  if (perhaps.length > 0) {
    lines.push(
      `If not, ${rule ? `${lineName(rule)} decides: ${outcomeOf(rule)}` : "no rule matches, and it is refused"}.`,
    );
  } else if (dependsOn[0]?.fact === "system_user" && rule) {
    const map = rule.options.map ? `map "${rule.options.map}" must allow it` : "it must be the same name";
    lines.push(
      `${lineName(rule)} decides: ${rule.method}; to be "${connection.user}", ${map}. Otherwise it is refused.`,
    );
  } else if (rule) {
    lines.push(
      `${lineName(rule)} decides: ${rule.method}; if its map admits, the session opens; if not, it is refused.`,
    );
  }
  const settles = [...new Set(dependsOn.map((one) => question(one).settle))];
  return [...lines, `HINT:  To settle it: ${settles.join(", ")}.`];
}

function outcomeOf({ method }: HbaRule): string {
  return method === "reject" ? "refused by reject" : `admitted by ${method}`;
}

function expandTabs(text: Bytes): Bytes {
  let expanded = "";
  for (const character of Array.from(text)) {
    expanded += character === "\t" ? " ".repeat(8 - (characterCount(expanded) % 8)) : character;
  }
  return expanded;
}
