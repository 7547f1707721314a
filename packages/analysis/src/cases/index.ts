export { parseCases } from "./parse-cases.ts";
export type { CaseFile } from "./parse-cases.ts";
export type { Case, Expectation } from "./case.ts";
export { settling } from "./judge.ts";
export type { Miss } from "./judge.ts";
export { explainCase } from "./explain-case.ts";
export { casesJson } from "./report-json.ts";
export { runCases } from "./run-cases.ts";
export type { CaseContext, CaseResult, CasesReport, PolicyLine } from "./run-cases.ts";
