import { compiled } from "./compiled/contest.ts";
import type { Comparison } from "./contest.ts";
import { decisions } from "./decisions/contest.ts";
import { maps } from "./maps/contest.ts";
import { regex } from "./regex/contest.ts";
import { views } from "./views/contest.ts";
import { witnesses } from "./witnesses/contest.ts";
import type { Histogram } from "./views/histogram.ts";

/** All that is compared. */
export function comparisons(histogram: Histogram): readonly Comparison[] {
  return [views(histogram), decisions, maps, witnesses, regex, compiled];
}
