import type { Random } from "./random.ts";
import { groupingToken, regexToken } from "./regex-token.ts";
import type { Tree, TreeEntry } from "./tree.ts";
import { columnsLine, fileOf, oneOf, word, words } from "./word.ts";
import { databaseNames, roleNames } from "./world.ts";

const mapNames = ["m", "m", "m", "n", "n", "m 3", "M", "all"] as const;

/** With what the first group of a regular expression stands for, or with what only looks so. */
const substituted =
  String.raw`\1 \1 \1 "\1" \1\1 bob\1 b\1b \1\1 +\1 "+\1" \\1 \2 \0 /^(.)\1 a\1l "all\1" \"1"`.split(" ");

/**
 * A `pg_hba.conf` whose lines are all `local … peer`, with maps and without, and a `pg_ident.conf` with those maps.
 * The last line takes everybody, so that the map alone decides.
 */
export function mapFiles(r: Random, systemUsers: readonly string[]): Tree {
  const rules = r.many(1, 6, () =>
    columnsLine(r, [
      "local",
      words(r, () => word(r, oneOf(r, databaseNames))),
      "all",
      "peer",
      ...r.pick([[], [mapOption(r)]]),
    ]),
  );
  rules.push(columnsLine(r, ["local", "all,replication", "all", "peer", mapOption(r)]));
  const mappings = r.many(4, 40, () => mapping(r, systemUsers));
  return new Map<string, TreeEntry>([
    ["pg_hba.conf", file(fileOf(r, rules))],
    ["more_maps.conf", file(fileOf(r, mappings.splice(r.below(mappings.length))))],
    ["pg_ident.conf", file(fileOf(r, [...mappings, "include more_maps.conf"]))],
  ]);
}

function file(bytes: string): TreeEntry {
  return { kind: "file", bytes, readable: true };
}

function mapOption(r: Random): string {
  return r.pick([
    "map=m",
    "map=m",
    "map=m",
    "map=n",
    "map=n",
    'map="m 3"',
    '"map=m 3"',
    "map=M",
    "map=all",
    "map=ghost",
    "map=",
  ]);
}

function mapping(r: Random, systemUsers: readonly string[]): string {
  return r.chance(0.3) ? cutMapping(r) : anyMapping(r, systemUsers);
}

/** The group is a part of any name, and the role is made of it: what `\1` stands for decides. */
function cutMapping(r: Random): string {
  const [before, behind] = [".".repeat(r.below(3)), ".".repeat(r.below(3))];
  const systemUser = r.pick([`/^${before}(.*)${behind}$`, `"/^${before}(.+)${behind}$"`]);
  const databaseUser = r.pick([
    String.raw`\1`,
    String.raw`\1\1`,
    String.raw`\1\1`,
    String.raw`bob\1`,
    String.raw`b\1b`,
  ]);
  return columnsLine(r, [word(r, r.pick(mapNames)), systemUser, databaseUser]);
}

function anyMapping(r: Random, systemUsers: readonly string[]): string {
  const systemUser = r.weighted<string>([
    [80, () => word(r, oneOf(r, systemUsers))],
    [10, () => word(r, oneOf(r, systemUsers).toUpperCase())],
    [10, () => r.pick(["all", '"all"', "+daemon", "ghost", '""'])],
    [40, () => groupingToken(r, systemUsers)],
    [30, () => regexToken(r, systemUsers)],
  ]);
  const databaseUser = r.weighted<string>([
    [40, () => word(r, oneOf(r, roleNames))],
    [12, () => word(r, "all")],
    [20, () => word(r, `+${oneOf(r, ["company", "staff", "readers", "admins", "bob", "ghost"])}`)],
    [8, () => word(r, oneOf(r, systemUsers))],
    [16, () => regexToken(r, [...roleNames, ...systemUsers])],
    [40, () => oneOf(r, substituted)],
    [6, () => r.pick(['""', "+", "sameuser", "BOB"])],
  ]);
  const ignored = r.chance(0.05) ? ["more"] : [];
  return columnsLine(r, [word(r, r.pick(mapNames)), systemUser, databaseUser, ...ignored]);
}
