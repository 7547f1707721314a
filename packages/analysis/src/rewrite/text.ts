import type { Bytes } from "@sallyport/policy";
import type { PhysicalLine } from "../format/physical-lines.ts";
import { ruleText } from "./draft.ts";
import type { DraftRule } from "./draft.ts";
import type { Step } from "./step.ts";

/** Comments that are longer together stand in lines of their own, above the rule. */
const mostComment = 100;

/** A file, and for each of its lines the number of the line that it was; null: none, as for a comment that has its own line now. */
export interface Rewritten {
  readonly bytes: Bytes;
  readonly origins: readonly (number | null)[];
}

/**
 * The file with the rules of a draft in the place of its own: what stands in no rule stays where it is. The comments of a rule that is
 * gone take its line, if the rule that it is a part of has not taken them along.
 */
export function rewritten(
  lines: readonly PhysicalLine[],
  fileName: Bytes,
  draft: readonly DraftRule[],
  steps: readonly Step[],
): Rewritten {
  const rules = new Map(
    draft.filter((rule) => rule.fileName === fileName).map((rule) => [rule.lineNumber, rule]),
  );
  const gone = new Map(steps.map(({ rule, comments }) => [rule.lineNumber, comments]));
  const joined = new Set(
    steps.flatMap(({ kind, by }) => (kind === "merged" ? by.map(({ lineNumber }) => lineNumber) : [])),
  );
  const written: { readonly body: Bytes; readonly end: Bytes; readonly origin: number | null }[] = [];
  let isGap = false;
  for (const line of lines) {
    const { number, body } = line;
    // The last line may have none.
    const end = line.end === "" ? "\n" : line.end;
    const comments = gone.get(number);
    if (comments) {
      for (const comment of comments) written.push({ body: comment, end, origin: null });
      isGap = comments.length === 0;
      continue;
    }
    // Where lines have gone from between two blank ones, one of these goes, too.
    if (isGap && isBlank(body) && isBlank(written.at(-1)?.body ?? "")) continue;
    isGap = false;
    const rule = rules.get(number);
    if (rule?.text && joined.has(number)) {
      const [above, behind] = placed(rule.comments);
      for (const comment of above) written.push({ body: comment, end, origin: null });
      written.push({ body: [ruleText(rule.text), ...behind].join("  "), end: line.end, origin: number });
    } else {
      written.push({ body, end: line.end, origin: number });
    }
  }
  return {
    bytes: written.map(({ body, end }) => body + end).join(""),
    origins: written.map(({ origin }) => origin),
  };
}

function isBlank(body: Bytes): boolean {
  return /^[ \t]*$/.test(body);
}

/** In lines above, and behind the rule. */
function placed(comments: readonly Bytes[]): readonly [above: readonly Bytes[], behind: readonly Bytes[]] {
  if (comments.length === 0) return [[], []];
  const together = comments.join(" ");
  return comments.length === 1 || together.length <= mostComment ? [[], [together]] : [comments, []];
}
