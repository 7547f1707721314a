import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { hbaFileRules, identFileMappings } from "@sallyport/policy";
import type { ServerProfile } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import {
  asServerUser,
  generateTree,
  hbaLine,
  hbaView,
  identLine,
  identView,
  plantTree,
  profileOfServer,
  startPostgres,
} from "@sallyport/testkit";
import type { Random, ServerBuild, TestPostgres, Tree } from "@sallyport/testkit";
import { byteDatabase, createByteDatabase } from "../byte-database.ts";
import { count, oneSided, tooComplex } from "../contest.ts";
import type { Round } from "../contest.ts";
import type { Histogram } from "./histogram.ts";
import { observe } from "./observe.ts";
import type { ViewRow } from "./observe.ts";

export type FileName = "pg_hba.conf" | "pg_ident.conf";

/** A real server and what it is: what both sides of a comparison have in common. */
export interface Oracle {
  readonly server: TestPostgres;
  readonly profile: ServerProfile;
  /** Counts what the generated files brought about. */
  readonly histogram: Histogram;
}

/** What a server is to be set up with, of that which the views depend on. */
export interface ServerSettings {
  readonly ssl: boolean;
  /** oauth_validator_libraries, for versions that have it. */
  readonly libraries: string;
  /** For versions that have it. */
  readonly db_user_namespace: boolean;
}

/** Starts a server, and says whose meaning its files have. */
export async function startOracle(
  { major, build }: ServerBuild,
  { ssl, libraries, db_user_namespace }: ServerSettings,
  histogram: Histogram,
): Promise<Oracle> {
  const server = await startPostgres({
    major,
    build,
    ssl,
    settings: {
      ...(major >= 18 ? { oauth_validator_libraries: libraries } : {}),
      ...(major <= 16 ? { db_user_namespace: db_user_namespace ? "on" : "off" } : {}),
    },
  });
  await createByteDatabase(server, major <= 16 && db_user_namespace);
  const set = { ssl, oauth_validator_libraries: libraries, db_user_namespace };
  const profile = profileOfServer(server, set);
  histogram.ask(profile);
  return { server, profile, histogram };
}

/** One generated tree, read by the server and by us. `which` is the file that it is for. */
export async function compareGenerated(
  oracle: Oracle,
  r: Random,
  which: FileName,
  lines: number,
): Promise<Round> {
  const tree = new Map(generateTree(r, which, which === "pg_hba.conf" ? hbaLine : identLine, lines));
  // Before 16 a file that includes itself costs a server its session.
  if (oracle.profile.dialect.deepestFile > 10) tree.delete("self");
  return await compareTree(oracle, tree, which);
}

/** What both sides say where the file itself cannot be opened: it is missing where `mode` is null. */
export async function unopened(
  { server, profile }: Oracle,
  which: FileName,
  mode: number | null,
): Promise<{ readonly theirs: string | undefined; readonly ours: string | null | undefined }> {
  const path = join(server.paths.dataDirectory, which);
  await rm(path, { force: true });
  try {
    if (mode !== null) await server.writeFile(which, "x y z\n", mode);
    const { hba, ident } = await asServerUser(
      server,
      async () => await readPolicy({ hbaFile: path, identFile: path, profile }),
    );
    const view = which === "pg_hba.conf" ? "pg_hba_file_rules" : "pg_ident_file_mappings";
    const { stderr } = await server.psql(["-c", `select from ${view}`]);
    const file = which === "pg_hba.conf" ? hba : ident;
    return { theirs: /ERROR: {2}(.*)/.exec(stderr)?.[1], ours: file?.openError };
  } finally {
    await rm(path, { force: true });
    await server.writeFile(which, which === "pg_hba.conf" ? "local all all trust\n" : "");
  }
}

/** What the server's view and ours say of a tree. The view compiles regular expressions in the encoding of its database. */
export async function compareTree(
  { server, profile, histogram }: Oracle,
  tree: Tree,
  which: FileName,
): Promise<Round> {
  const remove = await plantTree(server, tree);
  try {
    const path = join(server.paths.dataDirectory, which);
    const disk = emptyDisk();
    const reading = await asServerUser(
      server,
      async () => await readPolicy({ hbaFile: path, identFile: path, profile, resolveHosts: true, disk }),
    );
    const hba = which === "pg_hba.conf";
    const theirs = hba ? await hbaView(server, byteDatabase) : await identView(server, byteDatabase);
    const ours = hba ? hbaFileRules(reading.hba) : reading.ident ? identFileMappings(reading.ident) : [];
    observe(histogram, { tree, main: path, profile, rows: theirs, reading, read: disk.files });
    return compareRows(theirs, ours);
  } finally {
    await remove();
  }
}

function compareRows(theirs: readonly ViewRow[], ours: readonly ViewRow[]): Round {
  const differences: string[] = [];
  const outcomes = new Map<string, number>();
  for (let at = 0; at < Math.max(theirs.length, ours.length); at += 1) {
    const [expected, got] = [theirs[at], ours[at]];
    if (expected) count(outcomes, expected.error === null ? "row" : "row with an error");
    if (isDeepStrictEqual(expected, got)) continue;
    const complex = [expected, got].filter((row) => row?.error?.endsWith(tooComplex) === true);
    if (complex.length === 1) count(outcomes, oneSided);
    else differences.push(`server: ${JSON.stringify(expected)}\nours:   ${JSON.stringify(got)}`);
  }
  return { cases: theirs.length, outcomes, differences };
}
