import { parseClientAddress, utf8Text, verifiedName } from "@sallyport/policy";
import type { Bytes, DescribedAttempt, Span } from "@sallyport/policy";
import { mistake } from "./mistake.ts";
import type { CaseMistake } from "./mistake.ts";
import type { Word } from "./words.ts";

/** Each word of an attempt: does it have a value? */
const attemptWords: Readonly<Record<string, "value" | "alone" | "either">> = {
  user: "value",
  database: "value",
  address: "value",
  local: "alone",
  ssl: "alone",
  gssenc: "alone",
  replication: "either",
  hostname: "value",
  system_user: "value",
};

const known = "user=, database=, address= or local, ssl, gssenc, replication, hostname=, system_user=";

/**
 * Reads the left side of a case. What it must say is who wants in, and from where.
 *
 * @param where what a missing word is missing from
 */
export function readAttempt(words: readonly Word[], where: Span): DescribedAttempt | CaseMistake {
  const given = new Map<string, Word>();
  for (const word of words) {
    const wrong = wrongWord(word);
    if (wrong) return wrong;
    if (given.has(word.name)) return mistake(word, `"${word.name}" is given twice`);
    given.set(word.name, word);
  }
  const address = given.get("address");
  const client = address?.value == null ? null : parseClientAddress(utf8Text(address.value));
  if (address && client === null) return mistake(address, `"${address.value}" is no IP address`);
  const contradiction = contradictionIn(given);
  if (contradiction) return contradiction;
  const user = given.get("user");
  if (!user) return mistake(where, "no user is given", "Write user=NAME.");
  if (!address && !given.has("local")) {
    const hint = "Write address=IP, or local for a Unix-domain socket.";
    return mistake(where, "it is not said where the client comes from", hint);
  }
  const replication = given.get("replication");
  const attempt = {
    user: user.value ?? "",
    address: client && client.text,
    ssl: given.has("ssl"),
    gssenc: given.has("gssenc"),
    replication: replication?.value === "database" ? ("database" as const) : replication !== undefined,
    ...named("database", given.get("database")),
    ...named("systemUser", given.get("system_user")),
  };
  const hostname = given.get("hostname")?.value;
  if (hostname == null) return { attempt };
  return { attempt, hostname: verifiedName(hostname === "" ? null : utf8Text(hostname), client) };
}

function named<Key extends string>(key: Key, word: Word | undefined): { [_ in Key]?: Bytes } {
  const value: { [_ in Key]?: Bytes } = {};
  return word?.value == null ? value : { ...value, [key]: word.value };
}

function wrongWord(word: Word): CaseMistake | null {
  const takes = Object.hasOwn(attemptWords, word.name) ? attemptWords[word.name] : undefined;
  if (takes === undefined) {
    return mistake(word, `"${word.text}" says nothing about an attempt`, `Known are ${known}.`);
  }
  if (takes === "alone" && word.value !== null) {
    return mistake(word, `"${word.name}" stands alone`, `Leave out "=${word.value}".`);
  }
  if (takes === "value" && word.value === null) {
    return mistake(word, `"${word.name}" needs a value`, `Write ${word.name}=VALUE.`);
  }
  if (word.name === "replication" && word.value !== null && word.value !== "database") {
    const hint = "Write replication for a physical one, replication=database for a logical one.";
    return mistake(word, `there is no replication "${word.value}"`, hint);
  }
  // An empty host name says that there is none.
  if (word.value === "" && word.name !== "hostname") return mistake(word, `"${word.name}" is empty`);
  return null;
}

function contradictionIn(given: ReadonlyMap<string, Word>): CaseMistake | null {
  const pairs = [
    ["local", "address", "a client has an address or comes through a Unix-domain socket"],
    ["ssl", "gssenc", "a connection is encrypted in one way"],
    ["local", "ssl", "a Unix-domain socket is never encrypted"],
    ["local", "gssenc", "a Unix-domain socket is never encrypted"],
    ["local", "hostname", "a Unix-domain socket has no host name"],
  ] as const;
  for (const [one, other, why] of pairs) {
    const words = [given.get(one), given.get(other)].filter((word) => word !== undefined);
    const [, last] = words.toSorted((a, b) => a.start - b.start);
    if (last) return mistake(last, `"${one}" and "${other}" exclude each other: ${why}`);
  }
  return null;
}
