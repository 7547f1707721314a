import { utf8Text } from "@sallyport/policy";
import type { Token } from "@sallyport/policy";
import type { MappingFinder, RuleFinder, Say } from "../source.ts";

/** Characters that seem to be blanks or quotes, and are part of a word. */
const odd: ReadonlyMap<string, string> = new Map([
  ["\u00a0", "a no-break space"],
  ["\u2007", "a figure space"],
  ["\u202f", "a narrow no-break space"],
  ["\u3000", "an ideographic space"],
  ["\u200b", "a zero-width space"],
  ["\u2060", "a word joiner"],
  ["\ufeff", "a byte order mark"],
  ["\u201c", "a typographic quote"],
  ["\u201d", "a typographic quote"],
  ["\u201e", "a typographic quote"],
  ["\u00ab", "a typographic quote"],
  ["\u00bb", "a typographic quote"],
  ["\u2018", "a typographic quote"],
  ["\u2019", "a typographic quote"],
  ["\v", "a vertical tab"],
  ["\f", "a form feed"],
  ["\r", "a carriage return"],
]);

/** Words with such characters, and words in single quotes. */
export const findOddCharacters: RuleFinder = ({ columns }, say) => {
  const { database, user, address, method, options } = columns;
  for (const token of database) oddCharacters(token, say);
  for (const token of user) oddCharacters(token, say);
  if (address) oddCharacters(address, say);
  oddCharacters(method, say);
  for (const token of options) oddCharacters(token, say);
};

export const findOddMappingCharacters: MappingFinder = ({ systemUser, databaseUser }, say) => {
  oddCharacters(systemUser.token, say);
  oddCharacters(databaseUser.token, say);
};

function oddCharacters(token: Token, say: Say): void {
  const { text } = token;
  if (/^'.*'$/s.test(text)) {
    say("odd-character", token, "single quotes are part of the word", {
      hint: 'Words are quoted with double quotes (").',
    });
    return;
  }
  if (/^[\x20-\x7e]*$/.test(text)) return;
  const found = Array.from(utf8Text(text)).find((character) => odd.has(character));
  if (found === undefined) return;
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  say("odd-character", token, `${odd.get(found) ?? ""} (U+${code}) is part of the word`);
}
