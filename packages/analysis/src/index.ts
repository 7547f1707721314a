export { changesOf, formatFile } from "./format/index.ts";
export type {
  Change,
  Difference,
  FileKind,
  FormatSource,
  Formatting,
  LeftAlone,
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
export { ruleLinesOf, ruleName, shortFileName } from "./rule-lines.ts";
export type { RuleLines } from "./rule-lines.ts";
