/** What was found, in the formats that people and programs read. */
export { githubLines } from "./github.ts";
export { reportJson } from "./json.ts";
export type { ReportJson } from "./json.ts";
export { countOf } from "./report.ts";
export type { Report, ReportedFile, ReportedFinding, ReportKinds } from "./report.ts";
export { reviewReport } from "./review-report.ts";
export type { FoundBefore, ReviewReportOptions } from "./review-report.ts";
export { sarifLog } from "./sarif.ts";
export type { SarifOptions } from "./sarif.ts";
