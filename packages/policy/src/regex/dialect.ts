import type { Dialect } from "../versions/dialect.ts";

/** In which versions of PostgreSQL differ about regular expressions. */
export type RegexDialect = Pick<
  Dialect,
  | "wordClass"
  | "complementsInBrackets"
  | "complementsMatchNewline"
  | "wordEscapeIsText"
  | "referencesKeepConstraints"
>;

export const newestDialect: RegexDialect = {
  wordClass: true,
  complementsInBrackets: true,
  complementsMatchNewline: true,
  wordEscapeIsText: false,
  referencesKeepConstraints: false,
};
