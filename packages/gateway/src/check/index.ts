export { checkGate } from "./check-gate.ts";
export type { CheckedFile, CheckGateOptions, CheckReport } from "./check-gate.ts";
