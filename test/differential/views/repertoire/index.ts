export { errorTexts } from "./errors.ts";
export type { ErrorText } from "./errors.ts";
export { fileRules, includeRules, lineRules, tokenRules } from "./token-rules.ts";
export type { SeenLine } from "./token-rules.ts";
export type { Wanted } from "./wanted.ts";
export { addressForms, databaseForms, methodWords, optionWords, typeWords, userForms } from "./words.ts";
