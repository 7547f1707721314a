// A thread that compares two policies, so that the sessions of a gate need not wait for it.
import { parentPort } from "node:worker_threads";
import { diff } from "@sallyport/analysis";
import { differenceLines } from "./difference-lines.ts";
import { unpack } from "./packed-policy.ts";
import type { PackedFrame, PackedLines, PackedMapping, PackedRule } from "./packed-policy.ts";

/** What the thread is told, the last of it last. */
export type ToCompare =
  | { readonly side: "old" | "new"; readonly lines: PackedLines }
  | { readonly old: PackedFrame; readonly new: PackedFrame };

/** Messages for the log, as byte strings. */
export type Compared = readonly string[];

interface Side {
  readonly rules: PackedRule[];
  readonly mappings: PackedMapping[];
}

const sides: { readonly old: Side; readonly new: Side } = {
  old: { rules: [], mappings: [] },
  new: { rules: [], mappings: [] },
};

parentPort?.on("message", (told: ToCompare) => {
  if ("side" in told) {
    const side = sides[told.side];
    side.rules.push(...told.lines.rules);
    side.mappings.push(...told.lines.mappings);
    return;
  }
  const policies = { old: unpack(told.old, sides.old), new: unpack(told.new, sides.new) };
  const difference = diff(policies.old, policies.new, { catalogue: null, interfaces: null });
  parentPort?.postMessage(differenceLines(difference) satisfies Compared);
});
