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
  readonly log_hostname: boolean;
}

export const ruleSettings: SettingRows<RuleSettings> = {
  hba_file: {
    type: "string",
    path: true,
    default: "pg_hba.conf",
    context: "postmaster",
    whose: "postgresql",
    description: "The file of rules: who may connect to what, from where, and by which method.",
    check: notEmpty,
  },
  ident_file: {
    type: "string",
    path: true,
    default: "pg_ident.conf",
    context: "postmaster",
    whose: "postgresql",
    description: "The file of user name maps: which system user may be which role.",
    check: notEmpty,
  },
  server_version: {
    type: "string",
    default: "18",
    context: "postmaster",
    whose: "sallyport",
    description:
      "The version of PostgreSQL whose reading of the two files counts; in a server the setting shows its own.",
    refuses:
      "Versions 10 to 18 are read as they are, and 19 as its release candidate; any other version, and upstream, is an error, since the files would mean something else.",
    check: knownVersion,
  },
  password_encryption: {
    type: "enum",
    values: ["md5", "scram-sha-256"],
    default: "scram-sha-256",
    context: "sighup",
    whose: "postgresql",
    description:
      "What the method md5 asks of a role that has no secret, so that it looks like any other: a SCRAM exchange or an MD5 hash.",
  },
  scram_iterations: {
    type: "integer",
    min: 1,
    max: 2_147_483_647,
    default: "4096",
    context: "sighup",
    whose: "postgresql",
    description:
      "How many iterations the SCRAM exchange shows of a role that has no secret, so that it looks like any other.",
  },
  log_hostname: {
    type: "bool",
    default: "off",
    context: "sighup",
    whose: "postgresql",
    description:
      "Whether the log has the host name of a client in place of its address; it is looked up for each connection.",
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
