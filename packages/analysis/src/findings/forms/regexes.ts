import { regexShape } from "@sallyport/policy";
import type { Dialect, RegexPattern, Token } from "@sallyport/policy";
import type { MappingFinder, RuleFinder, Say } from "../source.ts";

/**
 * Expressions that a part of a name is enough for. One anchor says that the beginning or the end is meant, as in `/^app_`; but a system
 * user decides by itself who somebody is, and has to be held to both ends.
 */
export const findLooseRegexes: RuleFinder = ({ method, databases, users }, say, reading) => {
  if (method === "reject") return;
  const { dialect } = reading.hba.profile;
  for (const patterns of [databases, users]) {
    for (const pattern of patterns) if (pattern.kind === "regex") loose(pattern, dialect, "one", say);
  }
};

export const findLooseMappings: MappingFinder = ({ systemUser, databaseUser }, say, reading) => {
  const dialect = reading.ident?.profile.dialect;
  if (!dialect) return;
  if (systemUser.kind === "regex") {
    loose(systemUser, dialect, "both", say);
    wildDots(systemUser, say);
  }
  if (databaseUser.kind === "regex") loose(databaseUser, dialect, "one", say);
};

function loose({ regex, token }: RegexPattern, dialect: Dialect, ends: "one" | "both", say: Say): void {
  const shape = regexShape(regex.pattern, dialect);
  if (shape === null) return;
  const { heldAtStart, heldAtEnd } = shape;
  if (heldAtStart && heldAtEnd) return;
  if (!heldAtStart && !heldAtEnd) {
    const message = "the expression matches any name with a part that fits";
    say("regex-unanchored", token, message, { hint: wholeNames(token) });
  } else if (ends === "both") {
    const where = heldAtStart ? "follow" : "stand before";
    const message = `the expression matches whatever may ${where} what fits`;
    say("regex-unanchored", token, message, { hint: wholeNames(token) });
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
function wildDots({ regex: { pattern }, token }: RegexPattern, say: Say): void {
  const found = /(?:^|[^\\])@?[A-Za-z0-9-]*[A-Za-z0-9]\.[A-Za-z]{2,}(?=[^A-Za-z*+?{]|$)/.exec(pattern);
  if (!found) return;
  const message = "a full stop stands for any character: what is meant is probably \\.";
  say("regex-dot", token, message);
}
