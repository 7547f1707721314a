import { compactVerify, errors } from "jose";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { TokenQuestion, TokenValidator, TokenVerdict } from "../../oauth/validator.ts";
import { judgeClaims } from "./claims.ts";
import type { Issuer, KeySet } from "./issuer.ts";
import { issuerValidator } from "./issuer-validator.ts";
import type { Issuers } from "./issuers.ts";
import { IssuerFault } from "./issuer-fault.ts";
import { parseStrictObject } from "./strict-json.ts";
import type { JsonObject } from "./strict-json.ts";
import { scopesOfRule } from "./scopes-of-rule.ts";
import type { TokenSettings } from "./token-settings.ts";

/** By a key that only the issuer has: whoever can check them cannot make them. Never `none`, never a shared secret. */
const algorithms: readonly string[] =
  "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");

/**
 * The validator `jwt`: tokens that the issuer has signed (RFC 7519, RFC 9068), held against its keys, which are fetched by
 * its description. The issuer is not asked about a token.
 */
export function jwtValidator(settings: TokenSettings, issuers: Issuers): TokenValidator {
  return issuerValidator("jwt", async (token, question) => await judge(token, question, settings, issuers));
}

async function judge(
  token: Bytes,
  question: TokenQuestion,
  settings: TokenSettings,
  issuers: Issuers,
): Promise<TokenVerdict> {
  const { oauthIssuer = "", oauthScope = "" } = question.options;
  if (settings.audience === null) throw new IssuerFault('Parameter "oauth_audience" is not set.');
  const issuer = issuers.of(oauthIssuer);
  const fault = faultAtSight(token, issuer, settings);
  if (fault !== null) return refused(fault);
  const verified = await verifiedBy(issuer, token, question);
  if (typeof verified === "string") return refused(verified);
  return judgeClaims(verified, {
    ...settings,
    issuer: issuer.name.issuer,
    scopes: scopesOfRule(utf8Text(oauthScope)),
    now: settings.now(),
    required: new Set(["iss", "exp"]),
  });
}

function refused(reason: Bytes): TokenVerdict {
  return { kind: "refused", identity: null, reason };
}

/** What is wrong with a token before anybody is asked: no stranger makes the gateway ask an issuer by a text of any kind. */
function faultAtSight(token: Bytes, issuer: Issuer, { tokenType }: TokenSettings): Bytes | null {
  const parts = token.split(".");
  const [header, claims] = parts.map((part) => parseStrictObject(Buffer.from(part, "base64url")));
  if (parts.length !== 3 || !header || !claims) return noToken;
  const { alg, typ } = header;
  if (typeof alg !== "string" || !algorithms.includes(alg))
    return "The token is not signed by an algorithm that is accepted.";
  if ("crit" in header) return "The token demands an extension.";
  if (!isOfType(typ, tokenType)) return "The token is of another type than oauth_token_type says.";
  return claims["iss"] === issuer.name.issuer ? null : "The token is not of the issuer of the rule.";
}

/** RFC 9068, 4: another type than `at+jwt` may be that of an ID token, which says who somebody is and opens nothing. */
function isOfType(typ: unknown, wanted: TokenSettings["tokenType"]): boolean {
  if (typ === undefined) return wanted === "jwt";
  if (typeof typ !== "string") return false;
  const type = typ.toLowerCase().replace(/^application\//, "");
  return type === "at+jwt" || (wanted === "jwt" && type === "jwt");
}

/** What the issuer has signed; or why it has not. */
async function verifiedBy(
  issuer: Issuer,
  token: Bytes,
  question: TokenQuestion,
): Promise<JsonObject | Bytes> {
  const keys = await issuer.keys(question);
  const found = await verify(token, keys);
  if (found !== noKey) return found;
  const newer = await issuer.keys(question, keys);
  return newer === null ? noKey : await verify(token, newer);
}

const noToken = "The token is no JSON Web Token with unique names.";
const noKey = "The token is signed by no key of the issuer.";

async function verify(token: Bytes, keys: KeySet): Promise<JsonObject | Bytes> {
  try {
    const { payload } = await compactVerify(token, keys, { algorithms: [...algorithms] });
    return parseStrictObject(payload) ?? noToken;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return noKey;
    if (error instanceof errors.JWKSMultipleMatchingKeys)
      return "Several keys of the issuer fit the token, which does not say which it is.";
    if (error instanceof errors.JWSSignatureVerificationFailed)
      return "The signature of the token is not right.";
    // What jose makes of tokens and keys that are none: not good, whatever it is.
    return "The token, or the key that it is signed by, is malformed.";
  }
}
