export type { Finding } from "./finding.ts";
export { findingKinds } from "./finding-kinds.ts";
export type { FindingId, FindingKind, FindingSeverity } from "./finding-kinds.ts";
export { hbaFindings, identFindings } from "./policy-findings.ts";
