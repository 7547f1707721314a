import type { Field, Token } from "../text/token.ts";
import { isMistake } from "../mistake.ts";
import type { Mistake } from "../mistake.ts";
import type { ReadRegex } from "../regex/index.ts";
import type { DatabasePattern, LiteralPattern, UserPattern } from "./rule.ts";

/** The database column; the first element that cannot be read is the mistake. */
export function parseDatabases(field: Field, readRegex: ReadRegex): DatabasePattern[] | Mistake {
  return each(field, (token) => {
    const regex = readRegex(token);
    if (regex) return regex;
    if (token.quoted) return literal(token);
    switch (token.text) {
      case "all":
      case "sameuser":
      case "samerole":
      case "replication":
        return { kind: token.text, token };
      case "samegroup":
        return { kind: "samerole", token };
      default:
        return literal(token);
    }
  });
}

/** The user column; the first element that cannot be read is the mistake. */
export function parseUsers(field: Field, readRegex: ReadRegex): UserPattern[] | Mistake {
  return each(field, (token) => parseUser(token, readRegex));
}

/** One role of the user column, or the third column of `pg_ident.conf`. */
export function parseUser(token: Token, readRegex: ReadRegex): UserPattern | Mistake {
  const regex = readRegex(token);
  if (regex) return regex;
  if (token.quoted) return literal(token);
  if (token.text === "all") return { kind: "all", token };
  if (token.text.startsWith("+")) return { kind: "member", name: token.text.slice(1), token };
  return literal(token);
}

export function literal(token: Token): LiteralPattern {
  return { kind: "literal", name: token.text, token };
}

function each<T extends object>(field: Field, parse: (token: Token) => T | Mistake): T[] | Mistake {
  const patterns: T[] = [];
  for (const token of field) {
    const pattern = parse(token);
    if (isMistake(pattern)) return pattern;
    patterns.push(pattern);
  }
  return patterns.slice(); // without the room that an array has in advance: a large file has millions of them
}
