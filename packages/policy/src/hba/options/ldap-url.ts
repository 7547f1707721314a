import type { Bytes } from "../../bytes.ts";
import { strtol } from "../c-numbers.ts";

/** What the URL said; absent parts leave the options that they would set as they are. */
export interface LdapUrl {
  readonly scheme: Bytes;
  readonly host: Bytes | null;
  readonly port: number;
  readonly dn: Bytes | null;
  readonly attribute: Bytes | null;
  readonly scope: number;
  readonly filter: Bytes | null;
}

/**
 * PostgreSQL prints OpenLDAP's URL error numbers as if they were LDAP result codes: hence these odd reasons.
 * The last one is ours: there a server of PostgreSQL crashes.
 */
const reasons = {
  badScheme: "Time limit exceeded",
  badEnclosure: "Size limit exceeded",
  badUrl: "Compare False",
  badScope: "Strong(er) authentication required",
  badFilter: "Partial results and referral received",
  badExtensions: "Referral",
  noAttribute: "the list of attributes is empty",
} as const;

export type LdapUrlError = (typeof reasons)[keyof typeof reasons];

const scopes: ReadonlyMap<Bytes, number> = new Map([
  ["base", 0],
  ["one", 1],
  ["onelevel", 1],
  ["sub", 2],
  ["subtree", 2],
  ["subord", 3],
  ["subordinate", 3],
  ["children", 3],
]);

/**
 * Reads an LDAP URL (RFC 4516) as OpenLDAP's `ldap_url_parse` does:
 *
 *     ldap://host:389/dc=example,dc=net?uid?sub?(objectClass=person)?extension
 *            ^        ^                 ^   ^   ^                    ^
 *            host     dn                attributes, scope, filter, extensions, each optional
 *
 * It may stand in `<>` and behind `URL:`. Every part is percent-decoded.
 */
export function parseLdapUrl(url: Bytes): LdapUrl | LdapUrlError {
  const [, open, scheme, rest] = /^(<?)(?:url:)?(ldaps?|ldapi|pldaps?):\/\/(.*)$/is.exec(url) ?? [];
  if (scheme === undefined || rest === undefined) return reasons.badScheme;
  if (open && !rest.endsWith(">")) return reasons.badEnclosure;
  const whole = open ? rest.slice(0, -1) : rest;

  const slash = whole.indexOf("/");
  const [hostPort = ""] = slash < 0 ? whole.split("?") : [whole.slice(0, slash)];
  const name = scheme.toLowerCase();
  const authority = name === "ldapi" ? { host: unescape(hostPort), port: 0 } : parseHostPort(hostPort);
  if (authority === null) return reasons.badUrl;
  const tail = slash < 0 ? null : parseTail(whole.slice(slash + 1));
  if (typeof tail === "string") return tail;

  return {
    scheme: name,
    host: authority.host === "" ? null : authority.host,
    port: authority.port !== 0 ? authority.port : name === "ldaps" ? 636 : 389,
    ...(tail ?? { dn: null, attribute: null, scope: 0, filter: null }),
  };
}

function parseHostPort(text: Bytes): { host: Bytes; port: number } | null {
  let host = text;
  let port = "";
  let colon: number;
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    if (close < 0) return null;
    host = text.slice(1, close);
    colon = text.indexOf(":", close);
    if (colon > close + 1) return null;
  } else {
    colon = text.indexOf(":");
    if (colon >= 0) host = text.slice(0, colon);
  }
  if (colon < 0) return { host: unescape(host), port: 0 };
  port = unescape(text.slice(colon + 1));
  const { value, rest, digits } = strtol(port);
  if (!digits || rest !== "") return null;
  return { host: unescape(host), port: Number(BigInt.asIntN(32, value)) };
}

function parseTail(text: Bytes): Pick<LdapUrl, "dn" | "attribute" | "scope" | "filter"> | LdapUrlError {
  const [dn = "", attributes = "", scopeWord = "", filterText = "", extensions, ...more] = text.split("?");
  const attribute = attributes === "" ? null : (listItems(unescape(attributes))[0] ?? "");
  const scope = scopeWord === "" ? 0 : scopes.get(unescape(scopeWord).toLowerCase());
  if (scope === undefined) return reasons.badScope;
  const filter = filterText === "" ? null : unescape(filterText);
  if (filter === "") return reasons.badFilter;
  if (more.length > 0) return reasons.badUrl;
  if (extensions !== undefined && listItems(extensions).length === 0) return reasons.badExtensions;
  if (attribute === "") return reasons.noAttribute;
  return { dn: unescape(dn), attribute, scope, filter };
}

function listItems(text: Bytes): Bytes[] {
  return text.split(",").filter((item) => item !== "");
}

/** Percent-decoding. One bad escape empties the whole part, and a NUL byte ends it, as in OpenLDAP. */
function unescape(text: Bytes): Bytes {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return "";
  const decoded = text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const [part = ""] = decoded.split("\0");
  return part;
}
