export * from "./cases/index.ts";
export * from "./matrix/index.ts";
export { ruleLinesOf, ruleName, shortFileName } from "./rule-lines.ts";
export type { RuleLines } from "./rule-lines.ts";
