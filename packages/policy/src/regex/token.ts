import { mistake } from "../mistake.ts";
import type { Mistake } from "../mistake.ts";
import type { Token } from "../text/token.ts";
import type { RegexDialect } from "./dialect.ts";
import { isEvidentRegex } from "./evident.ts";
import { compileRegex, lateRegex } from "./regex.ts";
import type { Regex } from "./regex.ts";

/** A name that is written as a regular expression (manual, 20.1 and 20.2). */
export interface RegexPattern {
  readonly kind: "regex";
  readonly regex: Regex;
  readonly token: Token;
}

/** The expression that a token is, or what is wrong with it; null: it is none. */
export type ReadRegex = (token: Token) => RegexPattern | Mistake | null;

/** Where a version of PostgreSQL has none: what begins with a slash is a name. */
export const noRegex: ReadRegex = () => null;

/** Reads those of one file. Large files repeat themselves, so what is written the same is compiled once. */
export function regexReader(dialect: RegexDialect): ReadRegex {
  const compiled = new Map<string, ReturnType<typeof compileRegex>>();
  return (token) => {
    // Quotes do not take this meaning away, as they do from keywords. A slash alone is the empty expression.
    if (!token.text.startsWith("/")) return null;
    const pattern = token.text.slice(1);
    const compile = isEvidentRegex(pattern, 0, pattern.length) ? lateRegex : compileRegex;
    const regex = compiled.get(pattern) ?? compile(pattern, dialect);
    compiled.set(pattern, regex);
    if (!("error" in regex)) return { kind: "regex", regex, token };
    return mistake(token, `invalid regular expression "${pattern}": ${regex.error}`, { sqlstate: "2201B" });
  };
}
