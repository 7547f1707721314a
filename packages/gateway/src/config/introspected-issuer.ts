import { IssuerFault, issuerNamed } from "@sallyport/methods";
import { utf8Bytes } from "@sallyport/policy";
import type { Bytes, HbaRule, Problem } from "@sallyport/policy";

/** Whom a rule has the gateway ask about tokens, as client and with a secret; null: nobody. */
export interface Introspected {
  readonly issuer: Bytes;
  readonly rule: HbaRule;
}

export function introspectedBy(rule: HbaRule): Introspected | null {
  const { oauthIssuer = "", oauthValidator } = rule.options;
  return oauthValidator === "introspection" ? { issuer: nameOf(oauthIssuer), rule } : null;
}

/**
 * What is wrong with a second issuer: there is one client ID and one secret (`oauth_introspection_client_id`). Each issuer would
 * be shown what the gateway is to the other, and could ask it about tokens, or get tokens from it, in the gateway's name.
 */
export function secondIssuer({ issuer, rule }: Introspected, first: Introspected): Problem | null {
  if (issuer === first.issuer) return null;
  const { file, number } = first.rule.line;
  const { options, method } = rule.columns;
  return {
    severity: "error",
    text: `validator "introspection" cannot ask issuer "${issuer}", since line ${number} of "${file}" has it ask issuer "${first.issuer}"`,
    hint: "Both would be shown the secret of oauth_introspection_client_secret_file. Use the validator jwt for one of them, or another gate.",
    sqlstate: "F0000",
    span: options.find(({ text }) => text.startsWith("issuer=")) ?? method,
    context: [rule.line],
  };
}

/** However it is written; one that cannot be asked is none but itself. */
function nameOf(rule: Bytes): Bytes {
  try {
    return utf8Bytes(issuerNamed(rule).issuer);
  } catch (error) {
    if (!(error instanceof IssuerFault)) throw error;
    return rule;
  }
}
