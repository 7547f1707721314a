import type { Bytes } from "@sallyport/policy";
import type { LeftAlone } from "../format/items.ts";
import type { DraftRule, RulePlace } from "./draft.ts";
import type { Unproven } from "./prove.ts";
import type { Step } from "./step.ts";

/**
 * Lines of the file as it was, by their numbers, that must stay as they are if what could not be proven is to be left out: the rules of
 * which it was not certain and to which something was done, and all that went because of them.
 *
 * @param origins of each line of the new file the line that it was
 */
export function linesToKeep(
  { rules }: Unproven,
  origins: readonly (number | null)[],
  steps: readonly Step[],
  fileName: Bytes,
): readonly number[] {
  const lineOf = (rule: RulePlace | null): number | null =>
    rule?.fileName === fileName ? rule.lineNumber : null;
  const open = new Set<number | null | undefined>();
  for (const { old, new: now } of rules) {
    open.add(lineOf(old));
    const after = lineOf(now);
    if (after !== null) open.add(origins[after - 1]);
  }
  const lines = new Set<number>();
  for (const { rule, by } of steps) {
    const all = [rule, ...by].map(lineOf);
    if (!all.some((line) => line !== null && open.has(line))) continue;
    for (const [at, line] of all.entries())
      if (line !== null && (at === 0 || open.has(line))) lines.add(line);
  }
  return [...lines];
}

/** It is neither dropped nor a part of another one. */
export function stayed(rule: DraftRule): DraftRule {
  return { ...rule, text: null, comments: [] };
}

export function notCertain(lineNumber: number): LeftAlone {
  return { lineNumber, reason: "it is not certain that nobody would be decided about otherwise" };
}
