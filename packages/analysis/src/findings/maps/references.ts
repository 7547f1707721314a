import { regexShape } from "@sallyport/policy";
import type { MappingFinder } from "../source.ts";

const reference = String.raw`\1`;

/** A `\1` that is not replaced as it seems. */
export const findReferences: MappingFinder = ({ systemUser, databaseUser }, say, { ident }) => {
  const { token } = databaseUser;
  const dialect = ident?.profile.dialect;
  if (!dialect || !token.text.includes("\\")) return;
  const count = token.text.split(reference).length - 1;
  if (systemUser.kind !== "regex") {
    if (count === 0) return;
    const message = String.raw`\1 is nothing special here: the system user is no regular expression`;
    say("mapping-reference", token, message, {
      hint: String.raw`Write the system user as /^(.*)$, with what \1 is to be in parentheses.`,
    });
    return;
  }
  if (databaseUser.kind === "regex") return;
  if (databaseUser.kind === "member") {
    if (count === 0) return;
    const message = String.raw`\1 is not replaced in the name of a group`;
    say("mapping-reference", token, message);
    return;
  }
  if (count === 0) {
    if (!/\\[02-9]/.test(token.text)) return;
    say("mapping-reference", token, String.raw`only \1 is replaced`);
    return;
  }
  if (regexShape(systemUser.regex.pattern, dialect)?.groups === 0) {
    const message = String.raw`the expression has no group for \1: whoever it fits is refused, and no further line is tried`;
    say("mapping-reference", token, message, {
      hint: String.raw`Put what \1 is to be into parentheses.`,
    });
  } else if (count > 1 && !dialect.everyBackReference) {
    say("mapping-reference", token, String.raw`only the first \1 is replaced, up to PostgreSQL 18`);
  }
};

/** Expressions that fit any name, as they are written. */
const anything = /^\^?(?:\.[*+]|\(\.[*+]\))?\$?$/;
/** Those that fit any name of a realm, or of a domain. */
const anybodyThere = /^\^?\(?(?:\.|\[\^@\])[*+]\)?@(?:[A-Za-z0-9-]|\\?\.)+\$?$/;

/** A line that lets everybody in as anybody. */
export const findOpenMappings: MappingFinder = ({ systemUser, databaseUser }, say) => {
  if (systemUser.kind !== "regex") return;
  const { pattern } = systemUser.regex;
  const isThere = anybodyThere.test(pattern);
  if (!isThere && !anything.test(pattern)) return;
  const isAny =
    databaseUser.kind === "all" ||
    (databaseUser.kind === "regex" && anything.test(databaseUser.regex.pattern));
  if (!isAny) return;
  const who = isThere ? "whoever is of that realm" : "whoever proves to be somebody";
  say("mapping-open", systemUser.token, `${who} is let in as any role`);
};
