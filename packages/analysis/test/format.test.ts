import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatFile } from "@sallyport/analysis";
import type { FileKind } from "@sallyport/analysis";
import { utf8Bytes } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import {
  asServerUser,
  decisionRules,
  generateTree,
  hbaLine,
  hbaView,
  identLine,
  identView,
  mapFiles,
  plantTree,
  profileOf,
  profileOfServer,
  seededRandom,
  serverPrograms,
  startPostgres,
} from "@sallyport/testkit";
import type { Major, TestPostgres, Tree } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";

describe.each<Major>([13, 15, 16, 18])("the sample files of PostgreSQL %i are as they should be", (major) => {
  test.each<FileKind>(["hba", "ident"])("pg_%s.conf.sample", async (kind) => {
    const { binaries } = serverPrograms({ major });
    const sample = join(binaries.native, "share", "postgresql", `pg_${kind}.conf.sample`);
    // As initdb fills it in.
    const bytes = (await readFile(sample, "latin1"))
      .replaceAll("@remove-line-for-nolocal@", "")
      .replaceAll("@authcomment@", "# CAUTION")
      .replaceAll(/@authmethod[a-z]+@/g, "trust");
    expect(bytes).toMatch(/^# (?:TYPE {2}DATABASE|MAPNAME {7}SYSTEM-USERNAME) /m);
    const source = { kind, fileName: "/f", bytes, disk: emptyDisk(), profile: profileOf() };
    expect(formatFile(source)).toEqual({ bytes, leftAlone: [], difference: null });
  });
});

/** SEED=1 ROUNDS=500 npx vitest run packages/analysis/test/format.test.ts */
const seed = Number(process.env["SEED"] ?? Date.now() % 1e9);
const rounds = Number(process.env["ROUNDS"] ?? 10);

/** A file with all that it includes: one that the server loads, or one of which it refuses many lines. */
function treeOf(kind: FileKind, seed: number): Tree {
  const r = seededRandom(seed);
  if (r.chance(0.5)) {
    const tree = new Map(generateTree(r, `pg_${kind}.conf`, kind === "hba" ? hbaLine : identLine, 40));
    tree.delete("self"); // before 16 a file that includes itself costs a server its session
    return tree;
  }
  return kind === "hba"
    ? decisionRules(r, { lines: 30, hostNames: true })
    : mapFiles(r, ["bob", "carol smith"]);
}

async function formatted(server: TestPostgres, kind: FileKind, bytes: string): Promise<string> {
  const path = server.paths[kind];
  const [disk, profile] = [emptyDisk(), profileOfServer(server)];
  const names = kind === "hba" ? { hbaFile: path } : { hbaFile: "/dev/null", identFile: path };
  await asServerUser(server, async () => await readPolicy({ ...names, profile, disk }));
  const result = formatFile({ kind, fileName: utf8Bytes(path), bytes, disk, profile });
  if (result.difference) throw new Error(result.difference.what);
  return result.bytes;
}

test.each<Major>([13, 18])("PostgreSQL %i shows the same rows before and after", async (major) => {
  await using server = await startPostgres({ major });
  const database =
    "create database bytes encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0";
  expect(await server.psql(["-c", database])).toMatchObject({ status: 0 });
  let changed = 0;
  for (let round = 0; round < rounds; round += 1) {
    // The view of the maps came with 15.
    const kind = major >= 15 && round % 2 === 1 ? "ident" : "hba";
    const view = async (): Promise<unknown> =>
      await (kind === "hba" ? hbaView(server, "bytes") : identView(server, "bytes"));
    const tree = treeOf(kind, seed + round);
    const main = tree.get(`pg_${kind}.conf`);
    const bytes = main?.kind === "file" ? main.bytes : "";
    const clear = await plantTree(server, tree);
    const before = await view();
    const after = await formatted(server, kind, bytes);
    await server.writeFile(`pg_${kind}.conf`, Buffer.from(after, "latin1"), 0o600);
    expect({ seed: seed + round, rows: await view() }).toEqual({ seed: seed + round, rows: before });
    await clear();
    if (after !== bytes) changed += 1;
  }
  expect(changed).toBeGreaterThan(rounds / 4);
});
