import type { Change, Difference } from "@sallyport/analysis";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { summaryText } from "../../output/diff-text.ts";
import { printable } from "../../output/printable.ts";

/** So many changes are told; the rest is counted. */
const mostTold = 20;

/** A difference as messages for the log: one for each change, and one that sums up. No secret is in them. */
export function differenceLines({ changes, undecided }: Difference): readonly Bytes[] {
  const more = changes.length - mostTold;
  return [
    ...changes.slice(0, mostTold).map(changeLine),
    ...(more > 0 ? [`difference: and ${more} more changes; "sallyport diff" shows them`] : []),
    utf8Bytes(`difference: ${summaryText(changes, undecided)}`),
  ];
}

function changeLine({ kind, words }: Change): Bytes {
  return utf8Bytes(`difference: ${kind}: ${printable(utf8Text(words))}`);
}
