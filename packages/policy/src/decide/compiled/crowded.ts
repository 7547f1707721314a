import type { Steps } from "../../steps.ts";
import type { RuleClass } from "./rule-class.ts";
import { perStep } from "./sorted-places.ts";
import type { SortedPlaces } from "./sorted-places.ts";

/** A list of so many rules is a long one. */
const long = 64;

/**
 * Looks at each rule that is found in long lists only, whichever column one looks in: all of such a list may have to be compared
 * when somebody comes, and the first one should not have to wait until every rule of it is read.
 *
 * @param rules how many there are in all classes
 */
export function* lookAtCrowded(
  { places, byDatabase, byUser, byNetwork }: RuleClass,
  rules: number,
  look: (place: number) => unknown,
): Steps<void> {
  const columns = [byDatabase, byUser, byNetwork && byNetwork.places].filter((column) => column !== null);
  const marked = columns.map(() => new Uint8Array(rules));
  for (const [at, marks] of marked.entries()) {
    const column = columns[at];
    if (column && !(yield* markLong(column, marks))) return;
  }
  let passed = 0;
  for (const place of places) {
    const isCrowded = marked.every((marks) => marks[place] === 1);
    if (isCrowded) look(place);
    passed += 1;
    if (isCrowded || passed % perStep === 0) yield;
  }
}

/** Marks the places in long lists. Were there any? */
function* markLong({ hashes, places }: SortedPlaces, marks: Uint8Array): Steps<boolean> {
  const { length } = hashes;
  let isAny = false;
  /** Where the list began that `at` is in. */
  let from = 0;
  for (let at = 1; at <= length; at += 1) {
    if (at % perStep === 0) yield;
    if (at < length && hashes[at] === hashes[from]) continue;
    if (at - from > long) {
      isAny = true;
      for (let one = from; one < at; one += 1) marks[places[one] ?? 0] = 1;
    }
    from = at;
  }
  return isAny;
}
