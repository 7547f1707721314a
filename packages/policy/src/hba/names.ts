import type { Field, Token } from "../text/token.ts";
import { isMistake } from "../mistake.ts";
import type { Mistake } from "../mistake.ts";
import { refuseRegex } from "../regex/refuse.ts";
import type { Dialect } from "../versions/dialect.ts";
import type { DatabasePattern, UserPattern } from "./rule.ts";

/** The database column; the first element that cannot be read is the mistake. */
export function parseDatabases(field: Field, { namePatterns }: Dialect): DatabasePattern[] | Mistake {
  return each(field, (token) => {
    if (namePatterns && token.text.startsWith("/")) return refuseRegex(token);
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
export function parseUsers(field: Field, { namePatterns }: Dialect): UserPattern[] | Mistake {
  return each(field, (token) => {
    if (namePatterns && token.text.startsWith("/")) return refuseRegex(token);
    if (token.quoted) return literal(token);
    if (token.text === "all") return { kind: "all", token };
    if (token.text.startsWith("+")) return { kind: "member", name: token.text.slice(1), token };
    return literal(token);
  });
}

function literal(token: Token): { kind: "literal"; name: string; token: Token } {
  return { kind: "literal", name: token.text, token };
}

function each<T extends object>(field: Field, parse: (token: Token) => T | Mistake): T[] | Mistake {
  const patterns: T[] = [];
  for (const token of field) {
    const pattern = parse(token);
    if (isMistake(pattern)) return pattern;
    patterns.push(pattern);
  }
  return patterns;
}
