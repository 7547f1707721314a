/** PostgreSQL's words for what is wrong with a regular expression. */
export const regexErrors = {
  backslash: "invalid escape \\ sequence",
  bounds: "invalid repetition count(s)",
  braces: "braces {} not balanced",
  brackets: "brackets [] not balanced",
  characterClass: "invalid character class",
  collatingElement: "invalid collating element",
  option: "invalid embedded option",
  parentheses: "parentheses () not balanced",
  quantifier: "quantifier operand invalid",
  range: "invalid character range",
  reference: "invalid backreference number",
  tooComplex: "regular expression is too complex",
  version: "invalid regexp (reg version 0.8)",
} as const;

export type RegexErrorText = (typeof regexErrors)[keyof typeof regexErrors];

/** Ends the reading, or the matching, of a regular expression; it never leaves this folder. */
export class RegexFailure extends Error {
  readonly text: RegexErrorText;

  constructor(text: RegexErrorText) {
    super(text);
    this.name = "RegexFailure";
    this.text = text;
  }
}

export function fail(text: RegexErrorText): never {
  throw new RegexFailure(text);
}

/** What `run` gives, or the text with which it failed. */
export function caught<T>(run: () => T): T | { readonly error: RegexErrorText } {
  try {
    return run();
  } catch (failure) {
    if (failure instanceof RegexFailure) return { error: failure.text };
    throw failure;
  }
}
