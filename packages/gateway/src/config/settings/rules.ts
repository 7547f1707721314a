import { serverProfile } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { SettingRows, ValueError } from "../setting.ts";

/** Whose rules are enforced, and what their meaning depends on. */
export interface RuleSettings {
  /** Full paths. */
  readonly hba_file: Bytes;
  readonly ident_file: Bytes;
  /** As `serverProfile` of the policy package understands it. */
  readonly server_version: Bytes;
  readonly password_encryption: "scram-sha-256" | "md5";
  readonly scram_iterations: number;
  readonly krb_server_keyfile: Bytes;
  readonly krb_caseins_users: boolean;
  readonly gss_accept_delegation: boolean;
  readonly oauth_validator_libraries: Bytes;
  readonly log_hostname: boolean;
}

const gssapi = "GSSAPI is not supported by this build";

export const ruleSettings: SettingRows<RuleSettings> = {
  hba_file: {
    type: "string",
    path: true,
    default: "pg_hba.conf",
    context: "postmaster",
    whose: "postgresql",
    description: "The file of the rules.",
    check: notEmpty,
  },
  ident_file: {
    type: "string",
    path: true,
    default: "pg_ident.conf",
    context: "postmaster",
    whose: "postgresql",
    description: "The file of the user name maps.",
    check: notEmpty,
  },
  server_version: {
    type: "string",
    default: "18",
    context: "postmaster",
    whose: "postgresql",
    description: "The version of PostgreSQL as which the files are read.",
    check: knownVersion,
  },
  password_encryption: {
    type: "enum",
    values: ["md5", "scram-sha-256"],
    default: "scram-sha-256",
    context: "sighup",
    whose: "postgresql",
    description: "As which kind of secret an md5 line treats a role that has none.",
  },
  scram_iterations: {
    type: "integer",
    min: 1,
    max: 2_147_483_647,
    default: "4096",
    context: "sighup",
    whose: "postgresql",
    description: "The iterations that a role without a secret is taken to have.",
  },
  krb_server_keyfile: {
    type: "string",
    default: "",
    only: { value: "", reason: gssapi },
    context: "sighup",
    whose: "postgresql",
    description: "The keytab of the service.",
  },
  krb_caseins_users: {
    type: "bool",
    default: "off",
    only: { value: "off", reason: gssapi },
    context: "sighup",
    whose: "postgresql",
    description: "Compare GSSAPI user names without regard to case.",
  },
  gss_accept_delegation: {
    type: "bool",
    default: "off",
    only: { value: "off", reason: gssapi },
    context: "sighup",
    whose: "postgresql",
    description: "Accept credentials that a client delegates.",
  },
  oauth_validator_libraries: {
    type: "string",
    default: "",
    only: { value: "", reason: "OAuth is not supported by this build" },
    context: "sighup",
    whose: "postgresql",
    description: "What validates OAuth bearer tokens.",
  },
  log_hostname: {
    type: "bool",
    default: "off",
    only: { value: "off", reason: "logging host names is not supported by this build" },
    context: "sighup",
    whose: "postgresql",
    description: "Log the name of the client beside its address.",
  },
};

function notEmpty(path: Bytes): Omit<ValueError, "message"> | null {
  return path === "" ? { detail: "A file name is needed." } : null;
}

function knownVersion(version: Bytes): Omit<ValueError, "message"> | null {
  if (version === "upstream") {
    return {
      detail: "Asking the upstream for its version is not supported by this build.",
      hint: "Name the version: server_version = '18'.",
    };
  }
  const profile = serverProfile({ version });
  return "error" in profile ? { detail: `${profile.error}.` } : null;
}
