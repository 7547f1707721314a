import type { Connection } from "../attempt.ts";
import { everyRule } from "../choose-rule.ts";
import type { NextRule } from "../choose-rule.ts";
import type { CompiledRules } from "./compile-rules.ts";
import { narrowest } from "./rule-class.ts";
import type { Places } from "./sorted-places.ts";

/** So many rules at the beginning are compared as they stand: looking for better ones costs as much. */
export const plainly = 8;

/**
 * The rules that are worth comparing with this connection, in their order. What is passed over does not match, whatever the
 * facts; what is not is for the evaluator to say.
 *
 * @param first so many rules are not passed over: whoever asks for rules at the end of a long file wants none of them
 */
export function candidates(
  compiled: CompiledRules,
  connection: Connection,
  first: number = plainly,
): NextRule {
  if (compiled.rules.length <= 2 * plainly) return everyRule;
  let next: NextRule | null = null;
  return (from) => {
    if (from < first) return from;
    next ??= choose(compiled, connection);
    return next(from);
  };
}

function choose({ rules, local, tcp }: CompiledRules, connection: Connection): NextRule {
  const lists: Places[] = [];
  let count = 0;
  for (const one of connection.client === null ? local : tcp) {
    for (const list of narrowest(one, connection)) {
      if (list.from === list.to) continue;
      lists.push(list);
      count += list.to - list.from;
    }
  }
  // To see which of eight lists goes on costs about as much as to compare a rule.
  return count * (1 + lists.length / 8) < rules.length ? inOrder(lists) : everyRule;
}

/** The places of all lists, ascending: a place is in one of them only. */
function inOrder(lists: readonly Places[]): NextRule {
  const cursors = lists.map(({ all, from, to }) => ({ all, at: from, to }));
  return (from) => {
    let first = Number.MAX_SAFE_INTEGER;
    for (const cursor of cursors) {
      let place = placeAt(cursor);
      while (place !== undefined && place < from) {
        cursor.at += 1;
        place = placeAt(cursor);
      }
      if (place !== undefined && place < first) first = place;
    }
    return first;
  };
}

function placeAt({ all, at, to }: { readonly all: Uint32Array; readonly at: number; readonly to: number }) {
  return at < to ? all[at] : undefined;
}
