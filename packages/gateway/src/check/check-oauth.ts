import { placeOf } from "@sallyport/policy";
import type { Bytes, HbaRule, Place } from "@sallyport/policy";
import { IssuerFault, issuerNamed } from "@sallyport/methods";
import type { Settings } from "../config/index.ts";
import { readClientSecret, readIssuerAuthorities } from "../session/methods/oauth-files.ts";
import { finding, textOf } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";
import { findingAt } from "../findings/finding.ts";

/**
 * Whether the issuers of `oauth` lines can be asked by their names, the files that it takes be used, and tokens for others are
 * told apart. None is asked.
 *
 * @param uid of the user that runs the gateway
 */
export async function checkOauth(
  settings: Settings,
  rules: readonly HbaRule[],
  uid: number,
): Promise<Finding[]> {
  const tokens = rules.filter(({ method }) => method === "oauth");
  if (tokens.length === 0) return [];
  const findings: Finding[] = [];
  const anyAudience = settings.oauth_audience === "";
  for (const { options, columns } of tokens) {
    const span = columns.options.find(({ text }) => text.startsWith("issuer="));
    const named = async (): Promise<unknown> => await Promise.resolve(issuerNamed(options.oauthIssuer ?? ""));
    findings.push(...(await faultOf(named, span && placeOf(span))));
    if (anyAudience && options.oauthValidator === "introspection")
      findings.push(findingAt("oauth-no-audience", columns.method, noAudience));
  }
  findings.push(...(await faultOf(async () => await readIssuerAuthorities(settings))));
  if (tokens.some(({ options }) => options.oauthValidator === "introspection"))
    findings.push(...(await faultOf(async () => await readClientSecret(settings, uid))));
  return findings;
}

const noAudience = "oauth_audience is empty: a token for any other service is taken, too";

/** The files that asking an issuer takes. */
export function oauthPaths(settings: Settings): readonly Bytes[] {
  const { oauth_ca_file, oauth_introspection_client_secret_file } = settings;
  return [oauth_ca_file, oauth_introspection_client_secret_file].filter((path) => path !== "");
}

async function faultOf(work: () => Promise<unknown>, place?: Place): Promise<Finding[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof IssuerFault)) throw error;
    return [finding("oauth-refused", textOf(error), { place })];
  }
}
