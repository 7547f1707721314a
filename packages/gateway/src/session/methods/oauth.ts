import { introspectionValidator, jwtValidator, oauth } from "@sallyport/methods";
import type { TokenSettings, TokenValidator } from "@sallyport/methods";
import { utf8Text } from "@sallyport/policy";
import type { Bytes, HbaRule } from "@sallyport/policy";
import type { MethodSurroundings, RunMethod } from "./login.ts";
import { readClientSecret } from "./oauth-files.ts";
import { serviceCallOf } from "./service-call.ts";

/** The method that has a token judged, by the issuer's keys or by the issuer itself. */
export const runOauth: RunMethod = async (login, gate, rule) => {
  const validator = validatorOf(rule, gate);
  if (validator === null) return { kind: "failed", reason: "There is no such validator." };
  const { line } = rule;
  return await oauth({
    ...serviceCallOf(login, gate, rule),
    validator,
    validatorOptions: validatorOptions(rule),
    endWithToken: gate.settings.oauth_end_session_with_token,
    place: `line ${line.number} of configuration file "${line.file}"`,
    reasonWithFailure: login.profile.dialect.oauthReasonWithFailure,
  });
};

/** Null: a rule that was read under other settings names one that this build does not have. */
function validatorOf(
  { options: { oauthValidator } }: HbaRule,
  { settings, issuers, clock }: MethodSurroundings,
): TokenValidator | null {
  const { oauth_audience: audience, oauth_introspection_client_id: id } = settings;
  const wanted: TokenSettings = {
    audience: audience === "" ? null : utf8Text(audience),
    identityClaim: utf8Text(settings.oauth_identity_claim),
    clockSkew: settings.oauth_clock_skew,
    tokenType: settings.oauth_token_type,
    now: clock,
  };
  if (oauthValidator === "jwt") return jwtValidator(wanted, issuers);
  if (oauthValidator !== "introspection") return null;
  const secret = async (): ReturnType<typeof readClientSecret> => await readClientSecret(settings);
  return introspectionValidator(wanted, { id: utf8Text(id), secret }, issuers);
}

const prefix = "validator.";

function validatorOptions({ columns: { options } }: HbaRule): Bytes[] {
  return options
    .filter(({ text }) => text.startsWith(prefix))
    .map(({ text }) => text.slice(prefix.length, text.indexOf("=")));
}
