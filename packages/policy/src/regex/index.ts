export { compileRegex } from "./regex.ts";
export type { Regex, RegexMatch } from "./regex.ts";
export type { Language } from "./language.ts";
export type { RegexErrorText } from "./errors.ts";
export { regexShape } from "./ends.ts";
export type { RegexShape } from "./ends.ts";
export { regexCheck } from "./evident.ts";
export { noRegex, regexReader } from "./token.ts";
export type { ReadRegex, RegexPattern } from "./token.ts";
