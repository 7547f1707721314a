import { nfkc } from "./nfkc.ts";
import {
  ASCII_CONTROL,
  CHANGE_DISPLAY_OR_DEPRECATED,
  INAPPROPRIATE_FOR_CANONICAL_REPRESENTATION,
  INAPPROPRIATE_FOR_PLAIN_TEXT,
  LEFT_TO_RIGHT,
  MAPPED_TO_NOTHING,
  NON_ASCII_CONTROL,
  NON_ASCII_SPACE,
  NON_CHARACTER,
  PRIVATE_USE,
  R_AND_AL,
  SURROGATE,
  TAGGING,
  UNASSIGNED,
} from "./rfc3454-tables.ts";

const space = new RegExp(characterClass(NON_ASCII_SPACE), "gu");
const nothing = new RegExp(characterClass(MAPPED_TO_NOTHING), "gu");
const prohibited = new RegExp(
  characterClass(
    ASCII_CONTROL,
    NON_ASCII_CONTROL,
    PRIVATE_USE,
    NON_CHARACTER,
    SURROGATE,
    INAPPROPRIATE_FOR_PLAIN_TEXT,
    INAPPROPRIATE_FOR_CANONICAL_REPRESENTATION,
    CHANGE_DISPLAY_OR_DEPRECATED,
    TAGGING,
    UNASSIGNED,
  ),
  "u",
);
const rightToLeft = new RegExp(characterClass(R_AND_AL), "u");
const enclosedRightToLeft = new RegExp(
  `^${characterClass(R_AND_AL)}(?:.*${characterClass(R_AND_AL)})?$`,
  "su",
);
const leftToRight = new RegExp(characterClass(LEFT_TO_RIGHT), "u");

/**
 * SASLprep (RFC 4013) of a text that is not all ASCII; null: it is prohibited.
 *
 * As PostgreSQL does it: what is prohibited, unassigned or of the wrong direction is looked for before normalisation,
 * where RFC 3454 looks behind it, and a text of which nothing is left is prohibited.
 */
export function saslprep(text: string): string | null {
  // U+200B is in both tables, and becomes a space.
  const mapped = text.replaceAll(space, " ").replaceAll(nothing, "");
  return mapped === "" || prohibited.test(mapped) || mixesDirections(mapped) ? null : nfkc(mapped);
}

/** RFC 3454, section 6. */
function mixesDirections(text: string): boolean {
  return rightToLeft.test(text) && (leftToRight.test(text) || !enclosedRightToLeft.test(text));
}

/** The class of a regular expression that holds the code points of all these tables. */
function characterClass(...tables: readonly string[]): string {
  return `[${tables
    .join(" ")
    .replaceAll(/[0-9A-F]+/g, String.raw`\u{$&}`)
    .replaceAll(/\s+/g, "")}]`;
}
