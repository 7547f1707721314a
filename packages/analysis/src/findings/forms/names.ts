import { utf8Text } from "@sallyport/policy";
import type { Bytes, RoleCatalogue, Token } from "@sallyport/policy";
import { findingAt } from "../finding.ts";
import type { FileFinding } from "../finding.ts";
import type { MappingFinder, RuleFinder } from "../source.ts";

/** What a column of names takes for keywords, and what it would if it were the other one. */
interface Column {
  readonly noun: "database" | "role";
  readonly keywords: readonly Bytes[];
  readonly elsewhere: (text: Bytes) => Bytes | null;
}

const databases: Column = {
  noun: "database",
  keywords: ["all", "sameuser", "samerole", "samegroup", "replication"],
  elsewhere: (text) => (text.startsWith("+") && text.length > 1 ? "groups are for the users' column" : null),
};

const users: Column = {
  noun: "role",
  keywords: ["all"],
  elsewhere: (text) =>
    ["sameuser", "samerole", "samegroup"].includes(text) ? `${text} is for the databases' column` : null,
};

/** A client's names are cut to so many bytes, and names of the server have no more. */
const longestName = 63;

/** Names of databases and roles that were hardly meant as names, or that nobody has. */
export const findNames: RuleFinder = function* (
  { databases: named, users: roles, address, columns },
  reading,
  { catalogue },
) {
  const before16 = !reading.hba.profile.dialect.namePatterns;
  for (const pattern of named) {
    if (pattern.kind === "literal") yield* nameFindings(pattern.token, databases, before16, catalogue);
  }
  for (const pattern of roles) {
    if (pattern.kind === "literal") yield* nameFindings(pattern.token, users, before16, catalogue);
    else if (pattern.kind === "member") yield* neverMatches(pattern.token, pattern.name);
  }
  if (address?.kind !== "hostname" || !columns.address) return;
  const { name } = address;
  if (columns.address.quoted && addressKeywords.has(name)) {
    yield quotedKeyword(columns.address, "host");
  } else if (!columns.address.quoted && addressKeywords.has(name.toLowerCase())) {
    yield keywordCase(columns.address, "host");
  }
};

const addressKeywords: ReadonlySet<Bytes> = new Set(["all", "samehost", "samenet"]);

/** Is this a host name that is only one because of quotes or capitals? */
export function isKeywordAddress(name: Bytes): boolean {
  return addressKeywords.has(name.toLowerCase());
}

/** The same of the columns of `pg_ident.conf`. */
export const findMappingNames: MappingFinder = function* ({ systemUser, databaseUser }, reading) {
  const { token } = systemUser;
  if (
    systemUser.kind === "literal" &&
    !token.quoted &&
    (token.text === "all" || token.text.startsWith("+"))
  ) {
    const text = `"${token.text}" has no special meaning as a system user: it is a name`;
    yield findingAt("keyword-misplaced", token, text, { hint: "Anybody is written /.* here." });
  }
  if (databaseUser.kind === "member") yield* neverMatches(databaseUser.token, databaseUser.name);
  if (databaseUser.kind !== "literal") return;
  if (reading.ident?.profile.dialect.mapKeywords === false && isKeywordSince16(databaseUser.token)) {
    yield literalBefore16(databaseUser.token, "role");
  } else if (reading.ident?.profile.dialect.mapKeywords === true) {
    yield* keywordFindings(databaseUser.token, { ...users, elsewhere: () => null }, null);
  }
  yield* neverMatches(databaseUser.token, databaseUser.name);
};

function* nameFindings(
  token: Token,
  column: Column,
  before16: boolean,
  catalogue: RoleCatalogue | null,
): Generator<FileFinding> {
  if (before16 && token.text.startsWith("/") && !token.quoted) yield literalBefore16(token, column.noun);
  yield* keywordFindings(token, column, catalogue);
  yield* neverMatches(token, token.text);
}

function* keywordFindings(
  token: Token,
  { noun, keywords, elsewhere }: Column,
  catalogue: RoleCatalogue | null,
): Generator<FileFinding> {
  const { text, quoted } = token;
  const known = noun === "role" ? catalogue?.roles : catalogue?.databases;
  if (known?.has(text) === true) return;
  if (quoted) {
    if (keywords.includes(text) && text !== "replication") yield quotedKeyword(token, noun);
    else if (noun === "role" && text.startsWith("+") && text.length > 1) yield quotedKeyword(token, noun);
    return;
  }
  if (keywords.includes(text.toLowerCase())) yield keywordCase(token, noun);
  const why = elsewhere(text);
  if (why === null) return;
  const message = `"${text}" is the name of a ${noun} here: ${why}`;
  yield findingAt("keyword-misplaced", token, message, {
    hint: `If a ${noun} of that name is meant, put it into quotes.`,
  });
}

function quotedKeyword(token: Token, noun: string): FileFinding {
  const message = `in quotes, "${token.text}" is the name of a ${noun}`;
  return findingAt("quoted-keyword", token, message, {
    hint: `If the keyword is meant, write ${token.text}.`,
  });
}

function keywordCase(token: Token, noun: string): FileFinding {
  const message = `"${token.text}" is the name of a ${noun}: keywords are lower case`;
  return findingAt("keyword-case", token, message, {
    hint: `If the keyword is meant, write ${token.text.toLowerCase()}.`,
  });
}

function* neverMatches(token: Token, name: Bytes): Generator<FileFinding> {
  if (name !== "" && name.length <= longestName) return;
  const why = name === "" ? "an empty name" : `a name of ${name.length} bytes`;
  const hint = name === "" ? "" : `PostgreSQL cuts names to ${longestName} bytes.`;
  yield findingAt("name-never-matches", token, `${why} matches nobody`, hint === "" ? {} : { hint });
}

function isKeywordSince16({ text, quoted }: Token): boolean {
  return text.startsWith("/") || (!quoted && (text === "all" || (text.startsWith("+") && text.length > 1)));
}

function literalBefore16(token: Token, noun: string): FileFinding {
  const message = `before PostgreSQL 16 "${token.text}" is the name of a ${noun}`;
  return findingAt("literal-before-16", token, message);
}

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
export const findOddCharacters: RuleFinder = function* ({ columns }) {
  const { database, user, address, method, options } = columns;
  for (const token of [...database, ...user, ...(address ? [address] : []), method, ...options]) {
    yield* oddCharacters(token);
  }
};

export const findOddMappingCharacters: MappingFinder = function* ({ systemUser, databaseUser }) {
  yield* oddCharacters(systemUser.token);
  yield* oddCharacters(databaseUser.token);
};

function* oddCharacters(token: Token): Generator<FileFinding> {
  const { text } = token;
  if (/^'.*'$/s.test(text)) {
    yield findingAt("odd-character", token, "single quotes are part of the word", {
      hint: 'Words are quoted with double quotes (").',
    });
    return;
  }
  if (/^[\x20-\x7e]*$/.test(text)) return;
  const found = Array.from(utf8Text(text)).find((character) => odd.has(character));
  if (found === undefined) return;
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  yield findingAt("odd-character", token, `${odd.get(found) ?? ""} (U+${code}) is part of the word`);
}
