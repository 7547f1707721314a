/**
 * What can be said about the two files by themselves: forms that do not mean what they seem to, methods that prove little,
 * lines that go together. Each source of findings is a function of what was read; `review.ts` has the list of them.
 *
 * - `forms/` how a line is written; `methods/` what it asks for; `maps/` pg_ident.conf; `whole/` the file; `poolers/` other readers
 * - `kinds/` what there is to say about each id, for people; `ignore/` comments by which findings are ignored
 */
export { siftFindings } from "./ignore/apply.ts";
export type { IgnoreOptions, Ignored, Sifted } from "./ignore/apply.ts";
export type { FileFinding, Fix } from "./finding.ts";
export { fileFindingKinds } from "./kinds/index.ts";
export type { FileFindingId, FindingKind, FindingSeverity } from "./kinds/index.ts";
export { inLineOrder, isReviewedFor, reviewFiles } from "./review.ts";
export type { Review } from "./review.ts";
export type { Pooler, ReviewContext } from "./source.ts";
