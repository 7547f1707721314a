import type { Bytes, RoleCatalogue, Token } from "@sallyport/policy";
import { remark } from "../finding.ts";
import type { Remark } from "../finding.ts";
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

/** Names in `pg_ident.conf`, of which only the last column has keywords. */
export const findMappingNames: MappingFinder = function* ({ systemUser, databaseUser }, reading) {
  const { token } = systemUser;
  if (
    systemUser.kind === "literal" &&
    !token.quoted &&
    (token.text === "all" || token.text.startsWith("+"))
  ) {
    const text = `"${token.text}" has no special meaning as a system user: it is a name`;
    yield remark("keyword-misplaced", token, text, { hint: "Anybody is written /.* here." });
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
): Generator<Remark> {
  if (before16 && token.text.startsWith("/") && !token.quoted) yield literalBefore16(token, column.noun);
  yield* keywordFindings(token, column, catalogue);
  yield* neverMatches(token, token.text);
}

function* keywordFindings(
  token: Token,
  { noun, keywords, elsewhere }: Column,
  catalogue: RoleCatalogue | null,
): Generator<Remark> {
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
  yield remark("keyword-misplaced", token, message, {
    hint: `If a ${noun} of that name is meant, put it into quotes.`,
  });
}

function quotedKeyword(token: Token, noun: string): Remark {
  const message = `in quotes, "${token.text}" is the name of a ${noun}`;
  return remark("quoted-keyword", token, message, {
    hint: `If the keyword is meant, write ${token.text}.`,
  });
}

function keywordCase(token: Token, noun: string): Remark {
  const message = `"${token.text}" is the name of a ${noun}: keywords are lower case`;
  return remark("keyword-case", token, message, {
    hint: `If the keyword is meant, write ${token.text.toLowerCase()}.`,
  });
}

function* neverMatches(token: Token, name: Bytes): Generator<Remark> {
  if (name !== "" && name.length <= longestName) return;
  const why = name === "" ? "an empty name" : `a name of ${name.length} bytes`;
  const hint = name === "" ? "" : `PostgreSQL cuts names to ${longestName} bytes.`;
  yield remark("name-never-matches", token, `${why} matches nobody`, hint === "" ? {} : { hint });
}

function isKeywordSince16({ text, quoted }: Token): boolean {
  return text.startsWith("/") || (!quoted && (text === "all" || (text.startsWith("+") && text.length > 1)));
}

function literalBefore16(token: Token, noun: string): Remark {
  const message = `before PostgreSQL 16 "${token.text}" is the name of a ${noun}`;
  return remark("literal-before-16", token, message);
}
