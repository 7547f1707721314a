import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { Secret } from "@sallyport/wire";
import type { TokenQuestion, TokenValidator, TokenVerdict } from "../../oauth/validator.ts";
import { judgeClaims } from "./claims.ts";
import { issuerValidator } from "./issuer-validator.ts";
import type { Issuers } from "./issuers.ts";
import type { JsonObject } from "./strict-json.ts";
import { scopesOfRule } from "./scopes-of-rule.ts";
import type { TokenSettings } from "./token-settings.ts";

/** As whom the gateway asks an issuer. */
export interface IntrospectionClient {
  readonly id: string;
  /** Read anew for each question. May throw an `IssuerFault`. */
  readonly secret: () => Promise<Secret>;
}

/**
 * The validator `introspection` (RFC 7662): the issuer is asked about each token, whatever it is made of. So one that has been
 * taken back opens nothing from that moment on.
 */
export function introspectionValidator(
  settings: TokenSettings,
  client: IntrospectionClient,
  issuers: Issuers,
): TokenValidator {
  return issuerValidator(
    "introspection",
    async (token, question) => await judge(token, question, settings, client, issuers),
  );
}

async function judge(
  token: Bytes,
  question: TokenQuestion,
  settings: TokenSettings,
  client: IntrospectionClient,
  issuers: Issuers,
): Promise<TokenVerdict> {
  const { oauthIssuer = "", oauthScope = "" } = question.options;
  const issuer = issuers.of(oauthIssuer);
  const authorization = await basic(client);
  const form = new URLSearchParams({ token, token_type_hint: "access_token" });
  const answer = await issuer.introspect(form, authorization, question);
  // Nothing but `true` is: not 1, not "true".
  if (answer["active"] !== true)
    return { kind: "refused", identity: null, reason: "The issuer says that the token is not active." };
  const { token_type: type = "Bearer" } = answer;
  if (typeof type !== "string" || type.toLowerCase() !== "bearer")
    return { kind: "refused", identity: null, reason: "The issuer says that the token is no bearer token." };
  if (!isAccessToken(answer))
    return { kind: "refused", identity: null, reason: "The issuer says that the token is no access token." };
  return judgeClaims(answer, {
    ...settings,
    issuer: issuer.name.issuer,
    scopes: scopesOfRule(utf8Text(oauthScope)),
    now: settings.now(),
    required: new Set(),
  });
}

/** What issuers call an access token where they say what a token is: Hydra in `token_use`, Keycloak in `typ`. */
const accessTokens: ReadonlySet<string> = new Set(["access_token", "access", "bearer", "at+jwt"]);

/**
 * An issuer may answer about whatever it has issued, as a refresh token, and says so in claims that RFC 7662 does not know. One
 * that has a name of its own for access tokens is refused, too.
 */
function isAccessToken({ token_use: use, typ }: JsonObject): boolean {
  return [use, typ].every((said) => {
    if (said === undefined) return true;
    return typeof said === "string" && accessTokens.has(said.toLowerCase().replace(/^application\//, ""));
  });
}

/** RFC 6749, 2.3.1: both parts are encoded as in a form before they are joined. */
async function basic({ id, secret }: IntrospectionClient): Promise<string> {
  const parts = [id, utf8Text((await secret()).reveal())].map(formEncoded);
  return `Basic ${Buffer.from(parts.join(":")).toString("base64")}`;
}

function formEncoded(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
