import type { Bytes } from "./bytes.ts";
import type { Dialect, PasswordEncryption } from "./versions/dialect.ts";
import { dialectOf } from "./versions/dialect-of.ts";
import { newestMajor, oldestMajor, parseVersion, versionText } from "./versions/version.ts";
import type { Version } from "./versions/version.ts";

/** What a server was built with, as far as the two files can tell. */
export type Feature = "ssl" | "gssapi" | "ldap" | "pam" | "bsd" | "sspi";

/** The settings that the meaning of the files depends on, under PostgreSQL's names. */
export interface FileSettings {
  readonly ssl: boolean;
  readonly oauth_validator_libraries: Bytes;
  readonly krb_caseins_users: boolean;
  /** Null: as the version has it. */
  readonly password_encryption: PasswordEncryption | null;
  /** The client's name is looked up before any rule is. */
  readonly log_hostname: boolean;
  /** Up to PostgreSQL 16. */
  readonly db_user_namespace: boolean;
}

/** Whose meaning a file has: a version of PostgreSQL, how it was built and how it is set up. */
export interface ServerProfile {
  readonly version: Version;
  /** What follows from the version. */
  readonly dialect: Dialect;
  readonly features: ReadonlySet<Feature>;
  readonly settings: FileSettings;
}

export interface ProfileOptions {
  /** `18`, `16.9`, `160009`; absent: 18. Without a minor: the newest one. */
  readonly version?: string;
  /** Features that differ from Debian's build, which has all but bsd and sspi. */
  readonly with?: readonly Feature[];
  readonly without?: readonly Feature[];
  readonly settings?: Partial<FileSettings>;
}

export const features: readonly Feature[] = ["ssl", "gssapi", "ldap", "pam", "bsd", "sspi"];

const debianBuild: readonly Feature[] = ["ssl", "gssapi", "ldap", "pam"];

const defaultSettings: FileSettings = {
  ssl: true,
  oauth_validator_libraries: "",
  krb_caseins_users: false,
  password_encryption: null,
  log_hostname: false,
  db_user_namespace: false,
};

/** What `serverProfile` makes the same profile of. */
export function profileOptions({ version, features: built, settings }: ServerProfile): ProfileOptions {
  const without = features.filter((feature) => !built.has(feature));
  return { version: versionText(version), with: [...built], without, settings };
}

/** A profile, or the reason why there is none. Tools assume `ssl = on`, unlike a server. */
export function serverProfile(options: ProfileOptions = {}): ServerProfile | { readonly error: string } {
  const text = options.version ?? "18";
  const version = parseVersion(text);
  if (version === null) {
    return {
      error: `invalid server version "${text}": a major version such as 18, or 16.9, or 160009 is expected`,
    };
  }
  if (version.major < oldestMajor || version.major > newestMajor) {
    return {
      error: `server version "${text}" is not known: the files are read as PostgreSQL ${oldestMajor} to ${newestMajor} read them`,
    };
  }
  const built = new Set([...debianBuild, ...(options.with ?? [])]);
  for (const feature of options.without ?? []) built.delete(feature);
  const settings = { ...defaultSettings, ...options.settings };
  return { version, dialect: dialectOf(version), features: built, settings };
}
