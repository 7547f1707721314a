import type { RuleOutcome } from "../outcome/outcome.ts";
import { lanesOfType } from "../space/lanes.ts";
import type { Space } from "../space/space.ts";
import { areApart } from "./apart.ts";
import { placeOf } from "./draft.ts";
import type { DraftRule } from "./draft.ts";
import { joinKey, joined } from "./join.ts";
import type { JoinedColumn } from "./join.ts";
import { lookedUpFor } from "./lookups.ts";
import type { Reading } from "./readings.ts";
import type { Step } from "./step.ts";

/** The rules with those made one that differ by one column, as far as one of them can be moved to the other. */
export interface Merged {
  readonly draft: readonly DraftRule[];
  readonly steps: readonly Step[];
}

export function mergeRules(
  draft: readonly DraftRule[],
  column: JoinedColumn,
  readings: readonly Reading[],
  space: Space,
): Merged {
  const list: (DraftRule | null)[] = [...draft];
  const outcomesOf = (rule: DraftRule): readonly (RuleOutcome | undefined)[] =>
    readings.map(({ outcomeOf }, at) => rule.rules[at] && outcomeOf(rule.rules[at]));
  const outcomes = draft.map(outcomesOf);
  const steps: Step[] = [];

  const commute = (a: number, b: number): boolean => {
    const [one, other] = [list[a], list[b]];
    if (!one || !other) return true;
    if (isSameList(outcomes[a], outcomes[b])) return true;
    if (one.changeable || other.changeable) return false;
    return one.rules.every((rule, at) => {
      const second = other.rules[at];
      return second !== undefined && areApart(rule, second, space);
    });
  };
  const isFree = (mover: number, from: number, to: number, mayPass: (place: number) => boolean): boolean => {
    for (let place = from + 1; place < to; place += 1) {
      space.effort.spend(0.5);
      if (space.effort.isSpent || !mayPass(place) || !commute(mover, place)) return false;
    }
    return true;
  };
  /** Do clients of the rule get past that place without waiting for a lookup of their names? */
  const needsNoLookup =
    (mover: number) =>
    (place: number): boolean => {
      const [one, other] = [list[mover]?.rules[0], list[place]?.rules[0]];
      return !one || !other || (lookedUpFor(other) & lanesOfType(one.type)) === 0;
    };
  const join = (first: number, second: number): number | null => {
    const [a, b] = [list[first], list[second]];
    const made = a && b && isSameList(outcomes[first], outcomes[second]) ? joined(a, b, column) : null;
    if (!a?.text || !b?.text || !made) return null;
    const into = isFree(second, first, second, () => true)
      ? first
      : isFree(first, first, second, needsNoLookup(first))
        ? second
        : null;
    if (into === null) return null;
    const [stays, goes] = into === first ? [a, b] : [b, a];
    if (!stays.text) return null;
    list[into] = {
      ...stays,
      rules: made.rules.map((rule) => ({ ...rule, lineNumber: stays.lineNumber })),
      text: { ...stays.text, ...made.columns },
      comments: [...new Set([...stays.comments, ...goes.comments])],
    };
    list[into === first ? second : first] = null;
    steps.push({ kind: "merged", rule: placeOf(goes), by: [placeOf(stays)], comments: [] });
    return into;
  };

  const latest = new Map<string, number[]>();
  for (const [place, rule] of draft.entries()) {
    const key = rule.text && joinKey(rule, column);
    if (key === null) continue;
    const before = latest.get(key) ?? [];
    latest.set(key, before);
    const partners = column === "type" ? [...before] : before.slice(-1);
    let into: number | null = null;
    for (const partner of partners.toReversed()) {
      space.effort.spend(5);
      if (space.effort.isSpent) break;
      into = join(partner, place);
      if (into === null) continue;
      before.splice(before.indexOf(partner), 1);
      break;
    }
    before.push(into ?? place);
    before.sort((a, b) => a - b);
  }
  return { draft: list.filter((one) => one !== null), steps };
}

function isSameList<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): boolean {
  return a !== undefined && a.length === b?.length && a.every((one, at) => one === b[at]);
}
