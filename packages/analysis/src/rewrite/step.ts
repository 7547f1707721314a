import type { Bytes } from "@sallyport/policy";
import type { RulePlace } from "./draft.ts";

/** What was done to a rule, with lines of the file as it was. */
export interface Step {
  /**
   * - `unreachable`: it is gone, since `by` decide about all that it matches; none: it matches nobody;
   * - `redundant`: it is gone, since without it `by` decide about the same, in the same way;
   * - `merged`: it is a part of `by` now.
   */
  readonly kind: "unreachable" | "redundant" | "merged";
  readonly rule: RulePlace;
  readonly by: readonly RulePlace[];
  /** Of its line, which nothing else takes along. */
  readonly comments: readonly Bytes[];
}
