import type { Bytes } from "./bytes.ts";

/** What a server was built with, as far as the two files can tell. */
export type Feature = "ssl" | "gssapi" | "ldap" | "pam" | "bsd" | "sspi";

/** The settings that the meaning of the files depends on, under PostgreSQL's names. */
export interface FileSettings {
  readonly ssl: boolean;
  readonly oauth_validator_libraries: Bytes;
  readonly krb_caseins_users: boolean;
}

/** Whose meaning a file has: a version of PostgreSQL, how it was built and how it is set up. */
export interface ServerProfile {
  /** Major version. Only 18 is understood so far; any other is refused, never read as 18. */
  readonly version: 18;
  readonly features: ReadonlySet<Feature>;
  readonly settings: FileSettings;
}

export interface ProfileOptions {
  /** `18`, `18.4` or `180004`; absent: 18. */
  readonly version?: string;
  /** Features that differ from Debian's build, which has all but bsd and sspi. */
  readonly with?: readonly Feature[];
  readonly without?: readonly Feature[];
  readonly settings?: Partial<FileSettings>;
}

export const features: readonly Feature[] = ["ssl", "gssapi", "ldap", "pam", "bsd", "sspi"];

const debianBuild: readonly Feature[] = ["ssl", "gssapi", "ldap", "pam"];

const defaultSettings: FileSettings = { ssl: true, oauth_validator_libraries: "", krb_caseins_users: false };

/** A profile, or the reason why there is none. Tools assume `ssl = on`, unlike a server. */
export function serverProfile(options: ProfileOptions = {}): ServerProfile | { readonly error: string } {
  const version = options.version ?? "18";
  const major = majorVersion(version);
  if (major === null) {
    return {
      error: `invalid server version "${version}": a major version such as 18, or 18.4, or 180004 is expected`,
    };
  }
  if (major !== 18) {
    return {
      error: `server version ${version} is not supported by this build: it reads the files as PostgreSQL 18 does`,
    };
  }
  const built = new Set([...debianBuild, ...(options.with ?? [])]);
  for (const feature of options.without ?? []) built.delete(feature);
  return { version: major, features: built, settings: { ...defaultSettings, ...options.settings } };
}

/** The major version that `18`, `18.4`, `18beta1` or the number `180004` stands for. */
function majorVersion(text: string): number | null {
  const [, number] = /^(\d{2,6})(?:\.\d+|beta\d+|rc\d+|devel)?$/.exec(text) ?? [];
  if (number === undefined) return null;
  return number.length > 3 ? Math.floor(Number(number) / 10_000) : Number(number);
}
