import type { Bytes, RoleCatalogue, Token } from "@sallyport/policy";
import type { MappingFinder, RuleFinder, Say } from "../source.ts";

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
export const findNames: RuleFinder = (
  { databases: named, users: roles, address, columns },
  say,
  reading,
  { catalogue },
) => {
  const before16 = !reading.hba.profile.dialect.namePatterns;
  for (const pattern of named) {
    if (pattern.kind === "literal") nameFindings(pattern.token, databases, before16, catalogue, say);
  }
  for (const pattern of roles) {
    if (pattern.kind === "literal") nameFindings(pattern.token, users, before16, catalogue, say);
    else if (pattern.kind === "member") neverMatches(pattern.token, pattern.name, say);
  }
  if (address?.kind !== "hostname" || !columns.address) return;
  const { name } = address;
  if (columns.address.quoted && addressKeywords.has(name)) {
    quotedKeyword(columns.address, "host", say);
  } else if (!columns.address.quoted && addressKeywords.has(name.toLowerCase())) {
    keywordCase(columns.address, "host", say);
  }
};

const addressKeywords: ReadonlySet<Bytes> = new Set(["all", "samehost", "samenet"]);

/** Is this a host name that is only one because of quotes or capitals? */
export function isKeywordAddress(name: Bytes): boolean {
  return addressKeywords.has(name.toLowerCase());
}

/** Names in `pg_ident.conf`, of which only the last column has keywords. */
export const findMappingNames: MappingFinder = ({ systemUser, databaseUser }, say, reading) => {
  const { token } = systemUser;
  if (
    systemUser.kind === "literal" &&
    !token.quoted &&
    (token.text === "all" || token.text.startsWith("+"))
  ) {
    const text = `"${token.text}" has no special meaning as a system user: it is a name`;
    say("keyword-misplaced", token, text, { hint: "Anybody is written /.* here." });
  }
  if (databaseUser.kind === "member") neverMatches(databaseUser.token, databaseUser.name, say);
  if (databaseUser.kind !== "literal") return;
  if (reading.ident?.profile.dialect.mapKeywords === false && isKeywordSince16(databaseUser.token)) {
    literalBefore16(databaseUser.token, "role", say);
  } else if (reading.ident?.profile.dialect.mapKeywords === true) {
    keywordFindings(databaseUser.token, { ...users, elsewhere: () => null }, null, say);
  }
  neverMatches(databaseUser.token, databaseUser.name, say);
};

function nameFindings(
  token: Token,
  column: Column,
  before16: boolean,
  catalogue: RoleCatalogue | null,
  say: Say,
): void {
  if (before16 && token.text.startsWith("/") && !token.quoted) literalBefore16(token, column.noun, say);
  keywordFindings(token, column, catalogue, say);
  neverMatches(token, token.text, say);
}

function keywordFindings(
  token: Token,
  { noun, keywords, elsewhere }: Column,
  catalogue: RoleCatalogue | null,
  say: Say,
): void {
  const { text, quoted } = token;
  const known = noun === "role" ? catalogue?.roles : catalogue?.databases;
  if (known?.has(text) === true) return;
  if (quoted) {
    if (keywords.includes(text) && text !== "replication") quotedKeyword(token, noun, say);
    else if (noun === "role" && text.startsWith("+") && text.length > 1) quotedKeyword(token, noun, say);
    return;
  }
  if (keywords.includes(text.toLowerCase())) keywordCase(token, noun, say);
  const why = elsewhere(text);
  if (why === null) return;
  const message = `"${text}" is the name of a ${noun} here: ${why}`;
  say("keyword-misplaced", token, message, {
    hint: `If a ${noun} of that name is meant, put it into quotes.`,
  });
}

function quotedKeyword(token: Token, noun: string, say: Say): void {
  const message = `in quotes, "${token.text}" is the name of a ${noun}`;
  say("quoted-keyword", token, message, {
    hint: `If the keyword is meant, write ${token.text}.`,
  });
}

function keywordCase(token: Token, noun: string, say: Say): void {
  const message = `"${token.text}" is the name of a ${noun}: keywords are lower case`;
  say("keyword-case", token, message, {
    hint: `If the keyword is meant, write ${token.text.toLowerCase()}.`,
  });
}

function neverMatches(token: Token, name: Bytes, say: Say): void {
  if (name !== "" && name.length <= longestName) return;
  const why = name === "" ? "an empty name" : `a name of ${name.length} bytes`;
  const hint = name === "" ? "" : `PostgreSQL cuts names to ${longestName} bytes.`;
  say("name-never-matches", token, `${why} matches nobody`, hint === "" ? {} : { hint });
}

function isKeywordSince16({ text, quoted }: Token): boolean {
  return text.startsWith("/") || (!quoted && (text === "all" || (text.startsWith("+") && text.length > 1)));
}

function literalBefore16(token: Token, noun: string, say: Say): void {
  const message = `before PostgreSQL 16 "${token.text}" is the name of a ${noun}`;
  say("literal-before-16", token, message);
}
