import { classOf, complementOf, isClassName, noByte, oneOf, rangeOf } from "./charset.ts";
import type { CharSet } from "./charset.ts";
import { collatingElement } from "./collating.ts";
import { fail, regexErrors } from "./errors.ts";
import type { Lexer } from "./lexer.ts";
import type { RegexToken } from "./tokens.ts";

/** What stands in brackets, whose `[` or `[^` is the token; leaves `]` as the token. */
export function parseBracket(lexer: Lexer): CharSet {
  let set = noByte;
  let token: RegexToken = lexer.next();
  const next = (): RegexToken => (token = lexer.next());

  /** The text up to the mark that ends it. */
  const name = (): string => {
    const start = lexer.at;
    next();
    let end = lexer.at;
    while (token.kind === "character") {
      end = lexer.at;
      next();
    }
    next();
    return lexer.pattern.slice(start, end);
  };
  const element = (): number => collatingElement(name()) ?? fail(regexErrors.collatingElement);

  /** One end of a range. */
  const point = (): number => {
    if (token.kind === "[.") return element();
    const code = token.kind === "character" ? token.code : token.kind === "range" ? 0x2d : null;
    if (code === null) return fail(regexErrors.range);
    next();
    return code;
  };

  const ranged = (): boolean => token.kind === "range";

  const part = (): CharSet => {
    switch (token.kind) {
      case "range":
        return fail(regexErrors.range);
      case "class": {
        const named = classOf(token.name);
        const chosen = token.negated ? complementOf(named) : named;
        next();
        return chosen;
      }
      case "[:":
        return namedClass(lexer, name());
      case "[=":
        return oneOf(element());
      default: {
        const first = point();
        if (!ranged()) return oneOf(first);
        next();
        const last = point();
        return first > last ? fail(regexErrors.range) : rangeOf(first, last);
      }
    }
  };

  while (token.kind !== "]") set |= part();
  return set;
}

function namedClass({ dialect }: Lexer, name: string): CharSet {
  const known = name !== "word" || dialect.wordClass;
  return known && isClassName(name) ? classOf(name) : fail(regexErrors.characterClass);
}
