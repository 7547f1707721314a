/** What a connection string says of TLS: manual, "Parameter Key Words" and "SSL Support". */
import { conninfoError } from "./values.ts";
import type { ConninfoValues } from "./values.ts";
import type { Secret } from "../secret.ts";

const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

export type SslMode = (typeof MODES)[number];
export type TlsVersion = (typeof VERSIONS)[number];
export type ChannelBindingMode = "disable" | "prefer" | "require";

/** A file that is used, by a byte string. A default one need not be there. */
export interface NamedFile {
  readonly path: string;
  readonly isDefault: boolean;
}

export interface TlsOptions {
  readonly mode: SslMode;
  /** TLS from the first byte on, without an SSLRequest. */
  readonly direct: boolean;
  /** `system`: those that the system trusts. */
  readonly roots: NamedFile | "system" | null;
  /** Bundles of what the system trusts; the first that is there counts. */
  readonly systemRoots: readonly string[];
  readonly crl: NamedFile | null;
  readonly crlDirectory: string | null;
  readonly certificate: NamedFile | null;
  readonly certificateMode: "disable" | "allow" | "require";
  readonly key: NamedFile | null;
  readonly keyPassword: Secret | null;
  /** null: as OpenSSL has it. */
  readonly minVersion: TlsVersion | null;
  readonly maxVersion: TlsVersion | null;
  /** Tell the server its name before it shows a certificate. */
  readonly sni: boolean;
}

/** What stands beside the keywords. */
export interface TlsFiles {
  /** `~/.postgresql`, where the default files are; null: there are none. */
  readonly directory: string | null;
  /** `sslpassword`. */
  readonly keyPassword: Secret | null;
  /** For `sslrootcert=system`: files of certificates, the first that is there counts. By default those of Linux distributions. */
  readonly systemRoots?: readonly string[];
}

/** The bundles of Debian, Red Hat, SUSE and Alpine: what OpenSSL's own default leads to there. */
const SYSTEM_ROOTS: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * @param settings the keywords with their defaults; of those that are missing none promises anything
 * @throws {WireError} `invalid_conninfo`, in libpq's words
 */
export function tlsOptions(
  settings: ConninfoValues,
  files: TlsFiles = { directory: null, keyPassword: null },
): TlsOptions {
  const named = (keyword: string, fallback: string | null): NamedFile | null => {
    const path = settings.get(keyword) ?? "";
    if (path !== "") return { path, isDefault: false };
    return fallback === null || files.directory === null
      ? null
      : { path: `${files.directory}/${fallback}`, isDefault: true };
  };
  const mode = choice(settings, "sslmode", MODES, "disable");
  const direct = choice(settings, "sslnegotiation", ["postgres", "direct"], "postgres") === "direct";
  if (direct && ["disable", "allow", "prefer"].includes(mode)) {
    throw weak(mode, "sslnegotiation=direct", 'use "require", "verify-ca", or "verify-full"');
  }
  const roots = settings.get("sslrootcert") === "system" ? "system" : named("sslrootcert", "root.crt");
  if (roots === "system" && mode !== "verify-full") {
    throw weak(mode, "sslrootcert=system", 'use "verify-full"');
  }
  const minVersion = version(settings, "ssl_min_protocol_version");
  const maxVersion = version(settings, "ssl_max_protocol_version");
  if (
    minVersion !== null &&
    maxVersion !== null &&
    VERSIONS.indexOf(minVersion) > VERSIONS.indexOf(maxVersion)
  ) {
    throw conninfoError("invalid SSL protocol version range");
  }
  const crlDirectory = settings.get("sslcrldir") || null;
  return {
    mode,
    direct,
    roots,
    systemRoots: files.systemRoots ?? SYSTEM_ROOTS,
    crl: named("sslcrl", crlDirectory === null ? "root.crl" : null),
    crlDirectory,
    certificate: named("sslcert", "postgresql.crt"),
    certificateMode: choice(settings, "sslcertmode", ["disable", "allow", "require"], "allow"),
    key: named("sslkey", "postgresql.key"),
    keyPassword: files.keyPassword,
    minVersion,
    maxVersion,
    sni: (settings.get("sslsni") ?? "1").startsWith("1"),
  };
}

/** The files that decide whom we take for the server, and for whom it takes us; they need not all be there. */
export function tlsFilesOf(options: TlsOptions): readonly string[] {
  const { mode, roots, systemRoots, crl, crlDirectory, certificate, certificateMode, key } = options;
  if (mode === "disable") return [];
  const own = certificateMode === "disable" ? [] : [certificate?.path, key?.path];
  const trusted = roots === "system" ? systemRoots : [roots?.path];
  return [...trusted, crl?.path, crlDirectory, ...own].filter((path) => typeof path === "string");
}

/** @throws {WireError} `invalid_conninfo`, in libpq's words */
export function channelBindingMode(settings: ConninfoValues): ChannelBindingMode {
  return choice(settings, "channel_binding", ["disable", "prefer", "require"], "prefer");
}

/** An empty value is none of them. */
function choice<T extends string>(
  settings: ConninfoValues,
  keyword: string,
  known: readonly T[],
  fallback: T,
): T {
  const value = settings.get(keyword) ?? fallback;
  const found = known.find((each) => each === value);
  if (found === undefined) throw conninfoError(`invalid ${keyword} value: "${value}"`);
  return found;
}

function version(settings: ConninfoValues, keyword: string): TlsVersion | null {
  const value = settings.get(keyword) ?? "";
  if (value === "") return null;
  const found = VERSIONS.find((each) => each.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw conninfoError(`invalid "${keyword}" value: "${value}"`);
  return found;
}

function weak(mode: SslMode, option: string, hint: string): Error {
  return conninfoError(`weak sslmode "${mode}" may not be used with ${option} (${hint})`);
}
