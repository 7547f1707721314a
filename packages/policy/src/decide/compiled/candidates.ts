import type { Connection } from "../attempt.ts";
import { everyRule } from "../choose-rule.ts";
import type { NextRule } from "../choose-rule.ts";
import type { CompiledRules } from "./compile-rules.ts";
import { narrowest } from "./rule-class.ts";

/** So many rules at the beginning are compared as they stand: looking for better ones costs as much. */
export const plainly = 8;

/**
 * The rules that are worth comparing with this connection, in their order. What is passed over does not match, whatever the
 * facts; what is not is for the evaluator to say.
 */
export function candidates(compiled: CompiledRules, connection: Connection): NextRule {
  if (compiled.rules.length <= 2 * plainly) return everyRule;
  let next: NextRule | null = null;
  return (from) => {
    if (from < plainly) return from;
    next ??= choose(compiled, connection);
    return next(from);
  };
}

function choose({ rules, local, tcp }: CompiledRules, connection: Connection): NextRule {
  const lists: (readonly number[])[] = [];
  let count = 0;
  for (const one of connection.client === null ? local : tcp) {
    for (const list of narrowest(one, connection)) {
      if (list.length === 0) continue;
      lists.push(list);
      count += list.length;
    }
  }
  // To see which of eight lists goes on costs about as much as to compare a rule.
  return count * (1 + lists.length / 8) < rules.length ? inOrder(lists) : everyRule;
}

/** The places of all lists, ascending: a place is in one of them only. */
function inOrder(lists: readonly (readonly number[])[]): NextRule {
  const cursors = lists.map((list) => ({ list, at: 0 }));
  return (from) => {
    let first = Number.MAX_SAFE_INTEGER;
    for (const cursor of cursors) {
      let place = cursor.list[cursor.at];
      while (place !== undefined && place < from) place = cursor.list[(cursor.at += 1)];
      if (place !== undefined && place < first) first = place;
    }
    return first;
  };
}
