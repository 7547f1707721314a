export { minimizeFile } from "./minimize.ts";
export type { Minimized, MinimizeSource } from "./minimize.ts";
export type { RulePlace } from "./draft.ts";
export type { Step } from "./step.ts";
