import type { JSONWebKeySet } from "jose";
import { utf8Bytes } from "@sallyport/policy";
import { IssuerFault } from "./issuer-fault.ts";
import { isJsonObject } from "./strict-json.ts";
import type { JsonObject } from "./strict-json.ts";

/** No issuer rotates through as many. */
const mostKeys = 100;

/** Characters of a number in base64url: RSA keys of up to 8192 bits, since longer ones take long to be held against. */
const longestNumber = 1366;

const publicKinds: ReadonlySet<unknown> = new Set(["RSA", "EC", "OKP"]);

/**
 * The keys of a set (RFC 7517) by which tokens may be signed. Others are nobody's here: a symmetric key would let whoever
 * knows it sign, and a private one has been given away.
 *
 * @throws {IssuerFault}
 */
export function usableKeys(set: JsonObject, issuer: string): JSONWebKeySet {
  const { keys } = set;
  if (!Array.isArray(keys))
    throw new IssuerFault(`Issuer "${utf8Bytes(issuer)}" answered with no set of keys.`);
  if (keys.length > mostKeys)
    throw new IssuerFault(`Issuer "${utf8Bytes(issuer)}" has more than ${mostKeys} keys.`);
  return { keys: keys.filter(isUsable) };
}

function isUsable(key: unknown): key is JSONWebKeySet["keys"][number] {
  if (!isJsonObject(key) || !publicKinds.has(key["kty"]) || "d" in key) return false;
  const { n = "", e = "" } = key;
  return typeof n === "string" && typeof e === "string" && n.length <= longestNumber && e.length <= 11;
}
