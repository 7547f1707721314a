import { parseNameList } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { SettingRows, ValueError } from "../setting.ts";

/** What the validators of OAuth tokens need beside issuer and scope, which are the rule's. */
export interface OauthSettings {
  readonly oauth_validator_libraries: Bytes;
  readonly oauth_audience: Bytes;
  readonly oauth_identity_claim: Bytes;
  readonly oauth_token_type: "at+jwt" | "jwt";
  readonly oauth_clock_skew: number;
  readonly oauth_end_session_with_token: boolean;
  readonly oauth_ca_file: Bytes;
  readonly oauth_introspection_client_id: Bytes;
  readonly oauth_introspection_client_secret_file: Bytes;
}

const ours = { context: "sighup", whose: "sallyport" } as const;

export const oauthSettings: SettingRows<OauthSettings> = {
  oauth_validator_libraries: {
    type: "string",
    default: "",
    context: "sighup",
    whose: "postgresql",
    check: checkValidators,
    refuses:
      "This gateway loads no C modules: it has validators of its own, `jwt` and `introspection`, and refuses other names.",
    description: "The validators of OAuth bearer tokens that oauth lines may name, separated by commas.",
  },
  oauth_audience: {
    ...ours,
    type: "string",
    default: "",
    description:
      "Who this gateway is to the issuers: a token must have it as an audience (claim aud). The validator jwt does not do without; with introspection, empty: whatever the audience.",
  },
  oauth_identity_claim: {
    ...ours,
    type: "string",
    default: "sub",
    check: (claim) => (claim === "" ? { detail: "It must name a claim." } : null),
    description:
      "The claim of a token that is the identity, which is held against the role by the rule's map.",
  },
  oauth_token_type: {
    ...ours,
    type: "enum",
    values: ["at+jwt", "jwt"],
    default: "at+jwt",
    description:
      "Which tokens the validator jwt takes: those that say that they are access tokens (RFC 9068), or, with jwt, those that call themselves JWT or nothing, too. Only for issuers that make no others: an ID token may look the same.",
  },
  oauth_clock_skew: {
    ...ours,
    type: "integer",
    unit: "s",
    min: 0,
    max: 300,
    default: "30s",
    description: "How much the clocks of an issuer and of the gateway may differ.",
  },
  oauth_end_session_with_token: {
    ...ours,
    type: "bool",
    default: "off",
    description:
      "Whether a session ends when its token expires (oauth_clock_skew later); then a token must say when it does.",
  },
  oauth_ca_file: {
    ...ours,
    type: "string",
    path: true,
    default: "",
    description:
      "File of the certificates of the authorities, in PEM, by which the certificates of issuers must be signed; empty: those that Node.js brings. It is read whenever an issuer is asked.",
  },
  oauth_introspection_client_id: {
    ...ours,
    type: "string",
    default: "",
    description:
      "The client ID by which the validator introspection asks an issuer; all its lines of pg_hba.conf have to name the same one.",
  },
  oauth_introspection_client_secret_file: {
    ...ours,
    type: "string",
    path: true,
    default: "",
    description:
      "File with the secret of that client in its first line: readable by its owner alone, or owned by root and readable by its group at most. It is read whenever an issuer is asked.",
  },
};

const builtIn: ReadonlySet<Bytes> = new Set(["jwt", "introspection"]);

function checkValidators(list: Bytes): Omit<ValueError, "message"> | null {
  const names = parseNameList(list);
  if (names === null) return { detail: "List syntax is invalid." };
  const other = names.find((name) => !builtIn.has(name));
  if (other === undefined) return null;
  return {
    detail: `This gateway loads no C modules, and "${other}" is none of its validators.`,
    hint: `Available validators: ${[...builtIn].join(", ")}.`,
  };
}
