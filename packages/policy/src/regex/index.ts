export { compileRegex } from "./regex.ts";
export type { Regex, RegexMatch } from "./regex.ts";
export type { RegexErrorText } from "./errors.ts";
