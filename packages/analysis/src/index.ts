export { changesOf, formatFile } from "./format/index.ts";
export type {
  FileKind,
  FormatSource,
  Formatting,
  Hunk,
  LeftAlone,
  Mismatch,
  PhysicalLine,
} from "./format/index.ts";
export { fileFindingKinds, reviewFiles } from "./findings/index.ts";
export type {
  FileFinding,
  FileFindingId,
  FindingKind,
  FindingSeverity,
  Fix,
  Pooler,
  Review,
  ReviewContext,
} from "./findings/index.ts";
export { countOf, githubLines, reportJson, reviewReport, sarifLog } from "./report/index.ts";
export type {
  FoundBefore,
  Report,
  ReportedFile,
  ReportedFinding,
  ReportJson,
  ReportKinds,
  ReviewReportOptions,
  SarifOptions,
} from "./report/index.ts";
export * from "./cases/index.ts";
export * from "./matrix/index.ts";
export { minimizeFile } from "./rewrite/index.ts";
export type { Minimized, MinimizeSource, RulePlace, Step } from "./rewrite/index.ts";
export { ruleLinesOf, ruleName, shortFileName } from "./rule-lines.ts";
export type { RuleLines } from "./rule-lines.ts";
export { coverage } from "./coverage/coverage.ts";
export type { Reach, RuleCoverage } from "./coverage/coverage.ts";
export type { Change } from "./diff/change.ts";
export type { RulesOfChange } from "./diff/rules-of-change.ts";
export { treatmentWords } from "./diff/change-words.ts";
export { diff } from "./diff/diff.ts";
export type { Difference, Undecided } from "./diff/diff.ts";
export { differenceJson, summaryOf } from "./diff/json.ts";
export type { RulePolicies } from "./diff/json.ts";
export type { ChangeKind } from "./diff/kind.ts";
export { AnalysisError } from "./errors.ts";
export type { AnalysisErrorCode } from "./errors.ts";
export type { KnownWorld } from "./space/space.ts";
export { witnessJson } from "./space/witness.ts";
export type { Witness } from "./space/witness.ts";
