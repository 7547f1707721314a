import { utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { TokenVerdict } from "../../oauth/validator.ts";
import type { JsonObject } from "./strict-json.ts";

/** What a token has to say. */
export interface ClaimsWanted {
  readonly issuer: string;
  /** Who we are to the issuer; null: whoever it was issued for. */
  readonly audience: string | null;
  /** Every one of them. */
  readonly scopes: readonly string[];
  /** The claim that is the identity. */
  readonly identityClaim: string;
  /** Seconds by which the clocks may differ. */
  readonly clockSkew: number;
  readonly now: Date;
  /** Those without which no token is believed. */
  readonly required: ReadonlySet<"iss" | "exp">;
}

/** No Date is later: 275,760. */
const lastMoment = 8.64e15;

/**
 * Holds what a token claims, or what its issuer says of it, against what is wanted (RFC 7519, 4.1; RFC 7662, 2.2; RFC 9068, 4). That
 * it is the issuer who says so has been seen before.
 */
export function judgeClaims(claims: JsonObject, wanted: ClaimsWanted): TokenVerdict {
  const reason = faultOfToken(claims, wanted);
  if (reason !== null) return { kind: "refused", identity: null, reason };
  const { identity, unnamed } = identityOf(claims, wanted.identityClaim);
  const held = scopesOf(claims);
  const missing = wanted.scopes.filter((scope) => !held.has(scope));
  if (missing.length > 0) {
    const names = missing.map((scope) => `"${utf8Bytes(scope)}"`).join(", ");
    return { kind: "refused", identity, reason: `The token lacks the scope ${names}.` };
  }
  const { exp } = claims;
  const until = typeof exp === "number" ? (exp + wanted.clockSkew) * 1000 : null;
  return {
    kind: "authorized",
    identity,
    ...(unnamed !== undefined && { unnamed }),
    expires: until === null ? null : new Date(Math.min(until, lastMoment)),
  };
}

/** Whose it is, for whom, and when. */
function faultOfToken(claims: JsonObject, wanted: ClaimsWanted): Bytes | null {
  const { iss, aud } = claims;
  if (iss === undefined ? wanted.required.has("iss") : iss !== wanted.issuer)
    return "The token is not of the issuer of the rule.";
  if (wanted.audience !== null && !namesIn(aud).includes(wanted.audience))
    return "The token is not for this gateway: its audience is not oauth_audience.";
  // RFC 7800: it is for whoever shows a key, and nobody can by OAUTHBEARER.
  if (claims["cnf"] !== undefined) return "The token is bound to a key that its bearer would have to show.";
  return faultOfTime(claims, wanted);
}

function faultOfTime(claims: JsonObject, { now, clockSkew, required }: ClaimsWanted): Bytes | null {
  const seconds = now.getTime() / 1000;
  for (const name of ["exp", "nbf", "iat"] as const) {
    const value = claims[name];
    if (value === undefined) {
      if (name === "exp" && required.has("exp")) return "The token does not say when it expires.";
    } else if (typeof value !== "number" || !Number.isFinite(value)) {
      return `The claim "${name}" of the token is no time.`;
    } else if (name === "exp" ? seconds >= value + clockSkew : value > seconds + clockSkew) {
      return name === "exp" ? "The token has expired." : "The token is not valid yet.";
    }
  }
  return null;
}

interface Identity {
  readonly identity: Bytes | null;
  readonly unnamed?: Bytes;
}

/**
 * Whom a claim names. At many issuers everybody may write any address under his own name; `email_verified` says that it is
 * his (OpenID Connect Core, 5.1), and nothing but `true` does.
 */
function identityOf(claims: JsonObject, name: string): Identity {
  const identity = nameIn(claims[name]);
  if (identity === null || name !== "email" || claims["email_verified"] === true) return { identity };
  return {
    identity: null,
    unnamed: 'The token does not say that its "email" is verified (claim "email_verified").',
  };
}

/** What names somebody: a text. One with control characters, or that is no Unicode, could be taken for another one. */
function nameIn(claim: unknown): Bytes | null {
  if (typeof claim !== "string" || !claim.isWellFormed()) return null;
  // oxlint-disable-next-line no-control-regex -- these are the ones that are refused
  return /[\x00-\x1f\x7f]/.test(claim) ? null : utf8Bytes(claim);
}

/** RFC 6749, 3.3: separated by blanks. Some issuers call the claim `scp`, and some make a list of it. */
function scopesOf(claims: JsonObject): ReadonlySet<string> {
  const claim = claims["scope"] ?? claims["scp"];
  return new Set(typeof claim === "string" ? claim.split(" ") : namesIn(claim));
}

function namesIn(claim: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return list.filter((name) => typeof name === "string");
}
