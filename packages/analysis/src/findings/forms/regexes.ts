import { regexShape } from "@sallyport/policy";
import type { Dialect, RegexPattern, Token } from "@sallyport/policy";
import { remark } from "../finding.ts";
import type { Remark } from "../finding.ts";
import type { MappingFinder, RuleFinder } from "../source.ts";

/**
 * Expressions that a part of a name is enough for. One anchor says that the beginning or the end is meant, as in `/^app_`; but a system
 * user decides by itself who somebody is, and has to be held to both ends.
 */
export const findLooseRegexes: RuleFinder = function* ({ method, databases, users }, reading) {
  if (method === "reject") return;
  const { dialect } = reading.hba.profile;
  for (const pattern of [...databases, ...users]) {
    if (pattern.kind === "regex") yield* loose(pattern, dialect, "one");
  }
};

export const findLooseMappings: MappingFinder = function* ({ systemUser, databaseUser }, reading) {
  const dialect = reading.ident?.profile.dialect;
  if (!dialect) return;
  if (systemUser.kind === "regex") {
    yield* loose(systemUser, dialect, "both");
    yield* wildDots(systemUser);
  }
  if (databaseUser.kind === "regex") yield* loose(databaseUser, dialect, "one");
};

function* loose({ regex, token }: RegexPattern, dialect: Dialect, ends: "one" | "both"): Generator<Remark> {
  const shape = regexShape(regex.pattern, dialect);
  if (shape === null) return;
  const { heldAtStart, heldAtEnd } = shape;
  if (heldAtStart && heldAtEnd) return;
  if (!heldAtStart && !heldAtEnd) {
    const message = "the expression matches any name with a part that fits";
    yield remark("regex-unanchored", token, message, { hint: wholeNames(token) });
  } else if (ends === "both") {
    const where = heldAtStart ? "follow" : "stand before";
    const message = `the expression matches whatever may ${where} what fits`;
    yield remark("regex-unanchored", token, message, { hint: wholeNames(token) });
  }
}

function wholeNames(token: Token): string {
  const inner = token.text.slice(1);
  const bare = inner.replace(/^\^/, "").replace(/\$$/, "");
  const plain = /^[A-Za-z0-9_-]+$/.test(bare);
  if (!plain) return "Put ^ before it and $ behind it, or .* where anything may stand.";
  return `Write /^${bare}$ for whole names, or /.*${bare}.* if any part is meant.`;
}

/** A full stop that was hardly meant for any character: between words, as domains have it. */
function* wildDots({ regex: { pattern }, token }: RegexPattern): Generator<Remark> {
  const found = /(?:^|[^\\])@?[A-Za-z0-9-]*[A-Za-z0-9]\.[A-Za-z]{2,}(?=[^A-Za-z*+?{]|$)/.exec(pattern);
  if (!found) return;
  const message = "a full stop stands for any character: what is meant is probably \\.";
  yield remark("regex-dot", token, message);
}
