import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { Secret } from "@sallyport/wire";
import type { TokenQuestion, TokenValidator, TokenVerdict } from "../../oauth/validator.ts";
import { judgeClaims } from "./claims.ts";
import { IssuerFault } from "./issuer-fault.ts";
import type { Issuers } from "./issuers.ts";
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
  return {
    name: "introspection",
    validate: async (token, question) => {
      try {
        return await judge(token, question, settings, client, issuers);
      } catch (error) {
        if (!(error instanceof IssuerFault)) throw error;
        return { kind: "fault", detail: error.message };
      }
    },
  };
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
  return judgeClaims(answer, {
    ...settings,
    issuer: issuer.name.issuer,
    scopes: scopesOfRule(utf8Text(oauthScope)),
    now: settings.now(),
    required: new Set(),
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
