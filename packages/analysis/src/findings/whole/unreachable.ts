import type { Bytes, HbaRule, Policy, Span } from "@sallyport/policy";
import { coverage } from "../../coverage/coverage.ts";
import { isAnalysable } from "../../errors.ts";
import { ruleLinesOf, ruleName } from "../../rule-lines.ts";
import type { RuleLines } from "../../rule-lines.ts";
import type { FindingSource } from "../source.ts";

/** Of the lines because of which a rule never decides so many are named; of a large file they may be thousands. */
const mostNamed = 3;
const mostPlaces = 100;

/**
 * Rules that never decide about anybody. Of which it is not certain, since it depends on groups or host names that are not known,
 * nothing is said.
 */
export const findUnreachable: FindingSource = ({ policy }, say, { catalogue, interfaces }) => {
  if (!policy || !isAnalysable(policy)) return;
  const linesOf = once(policy);
  /** Of which there was no time to say. */
  const open: HbaRule[] = [];
  for (const { rule, ...reach } of coverage(policy, { catalogue, interfaces })) {
    if (reach.status === "unknown" && reach.givenUp) open.push(rule);
    if (reach.status !== "unreachable") continue;
    const { coveredBy, otherOutcome } = reach;
    const span = ruleSpan(rule);
    if (coveredBy.length === 0) {
      say("matches-nobody", span, "no connection that there can be matches this line");
      continue;
    }
    const places = coveredBy.slice(0, mostPlaces).map(ruleSpan);
    const names = coveredBy.slice(0, mostNamed).map((other) => ruleName(linesOf(), other));
    const deciders = decide(names, coveredBy.length - names.length);
    if (otherOutcome) {
      const message = `this line never decides: ${deciders} about all that it matches, with another outcome`;
      say("unreachable-differs", span, message, {
        hint: "The first line that matches decides: if this one is meant, put it before them.",
        coveredBy: places,
      });
    } else {
      const message = `this line never decides: ${deciders} about all that it matches, with the same outcome`;
      const fix = rule.line.joins.length > 0 ? {} : { fix: "", fixSpan: wholeLine(rule) };
      say("unreachable-same", span, message, { coveredBy: places, ...fix });
    }
  }
  const [first, ...more] = open;
  if (!first) return;
  const lines =
    more.length === 0 ? "this line ever decides" : `this line and ${more.length} more ever decide`;
  say(
    "reach-not-checked",
    ruleSpan(first),
    `it was not found out whether ${lines}: that would take too long`,
    {
      hint: "Lines that are crossed in very many ways are to blame: long lists, masks with holes, many expressions.",
    },
  );
};

/** Which lines there are is worked out for the first rule that never decides. */
function once(policy: Policy): () => RuleLines {
  let lines: RuleLines | null = null;
  return () => (lines ??= ruleLinesOf(policy));
}

function decide(names: readonly Bytes[], more: number): Bytes {
  const all = more > 0 ? [...names, `${more} more`] : names;
  const [last = "", ...others] = all.toReversed();
  return others.length === 0 ? `${last} decides` : `${others.toReversed().join(", ")} and ${last} decide`;
}

/** From its first character to the last one of what is no comment. */
function ruleSpan({ line, columns }: HbaRule): Span {
  const { type, method, options } = columns;
  const ends = [type, method, ...options].filter((token) => token.line === line).map(({ end }) => end);
  return { line, start: Math.max(line.text.search(/[^ \t,]/), 0), end: Math.max(...ends) };
}

/** With its comment, which would be about the next rule. */
function wholeLine({ line }: HbaRule): Span {
  return { line, start: 0, end: line.text.length };
}
