export { coverage } from "./coverage/coverage.ts";
export type { Reach, RuleCoverage } from "./coverage/coverage.ts";
export { AnalysisError } from "./errors.ts";
export type { AnalysisErrorCode } from "./errors.ts";
export type { KnownWorld } from "./space/space.ts";
export type { Witness } from "./space/witness.ts";
