import { decisionRules, generateTree, hbaLine, identLine, mapFiles, seededRandom } from "@sallyport/testkit";
import type { Tree } from "@sallyport/testkit";
import { hbaFileRules, identFileMappings, parsePolicy, serverProfile } from "@sallyport/policy";
import type { DirectoryContent, Disk, FileContent, ServerProfile } from "@sallyport/policy";
import { array, assert, constantFrom, integer, oneof, property, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import type { FileKind } from "./cells.ts";
import { formatFile } from "./format.ts";

// FMT_RUNS=2000 npx vitest run packages/analysis/src/format
const numRuns = Number(process.env["FMT_RUNS"] ?? 20);
const timeout = 600_000;

const versions = ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"];

function profileOf(version: string): ServerProfile {
  const profile = serverProfile({ version });
  if ("error" in profile) throw new Error(profile.error);
  return profile;
}

/** What is known of a disk with such a tree under `/tree`. */
function diskOf(tree: Tree): Disk {
  const files = new Map<string, FileContent>();
  const directories = new Map<string, DirectoryContent>();
  for (const [name, entry] of tree) {
    const path = `/tree/${name}`;
    const openError = { code: "EACCES", reason: "Permission denied" };
    if (entry.kind === "file") files.set(path, entry.readable ? { bytes: entry.bytes } : { openError });
    if (entry.kind !== "directory") continue;
    const inside = [...tree].filter(([other]) => other.startsWith(`${name}/`));
    const entries = inside.map(([other, { kind }]) => ({
      name: other.slice(name.length + 1),
      kind: kind === "link" ? ("unknown" as const) : kind,
    }));
    directories.set(path, { entries });
  }
  return { files, directories, zones: new Map(), hosts: new Map() };
}

interface Generated {
  readonly kind: FileKind;
  readonly fileName: string;
  readonly bytes: string;
  readonly disk: Disk;
}

/** One file that a server loads, or one of which it refuses many lines. */
function generate(kind: FileKind, seed: number): Generated {
  const r = seededRandom(seed);
  const name = `pg_${kind}.conf`;
  const lines = 1 + r.below(25);
  const tree = r.chance(0.5)
    ? generateTree(r, name, kind === "hba" ? hbaLine : identLine, lines)
    : kind === "hba"
      ? decisionRules(r, { lines, hostNames: r.chance(0.5) })
      : mapFiles(r, ["bob", "Bob", "root", "carol smith"]);
  const main = tree.get(name);
  if (main?.kind !== "file") throw new Error(`the tree has no ${name}`);
  return { kind, fileName: `/tree/${name}`, bytes: main.bytes, disk: diskOf(tree) };
}

const kinds = constantFrom<FileKind>("hba", "ident");
const generated = tuple(kinds, integer({ min: 0 })).map(([kind, seed]) => generate(kind, seed));

function formatted({ kind, fileName, bytes, disk }: Generated, version: string): string {
  const result = formatFile({ kind, fileName, bytes, disk, profile: profileOf(version) });
  if (result.difference) throw new Error(`${result.difference.lineNumber}: ${result.difference.what}`);
  return result.bytes;
}

/** The rows of the server's view, and whether it loads the file. */
function view({ kind, fileName, disk }: Generated, bytes: string, version: string): unknown {
  const files = new Map(disk.files).set(fileName, { bytes });
  const names = kind === "hba" ? ([fileName, null] as const) : (["/none", fileName] as const);
  const source = { hbaFileName: names[0], identFileName: names[1], profile: profileOf(version) };
  const { hba, ident } = parsePolicy(source, { ...disk, files });
  return ident ? [ident.loads, identFileMappings(ident)] : [hba.loads, hbaFileRules(hba)];
}

/** What stands behind the first `#` that is not in quotes, line by line. */
function comments(bytes: string): string[] {
  return bytes.split("\n").flatMap((line) => {
    const [, comment] = /^(?:[^"#]|"[^"]*")*(#.*?)[ \t]*\r*$/s.exec(line) ?? [];
    if (comment === undefined) return [];
    return [/^#[ \t]*(?:TYPE|MAPNAME)/i.test(comment) ? comment.replaceAll(/[ \t]+/g, " ") : comment];
  });
}

describe("of any file, however wild", () => {
  test(
    "servers read the same rows, comments are in their lines, and a second time nothing changes",
    { timeout },
    () => {
      let [changed, commented] = [0, 0]; // files
      const asked = constantFrom("10", "15", "18", "19");
      assert(
        property(generated, asked, constantFrom(...versions), (file, version, other) => {
          const after = formatted(file, version);
          if (after !== file.bytes) changed += 1;
          if (comments(file.bytes).length > 0) commented += 1;
          expect(view(file, after, other)).toEqual(view(file, file.bytes, other));
          expect(comments(after)).toEqual(comments(file.bytes));
          expect(formatted({ ...file, bytes: after }, version)).toBe(after);
        }),
        { numRuns },
      );
      expect(Math.min(changed, commented)).toBeGreaterThan(numRuns / 4);
    },
  );

  test("any bytes at all, and lines of any kind in any order", { timeout }, () => {
    const odd = ["\n", "\n", "\r", "\t", " ", " ", '"', "\\", ",", "#", "@", "\0", "\u00ff", "a"];
    const words = ["local", "host", " all all ", "10.0.0.0/8 ", "trust", "include"];
    const lines = [
      "# TYPE DATABASE USER ADDRESS METHOD OPTIONS",
      "#MAPNAME SYSTEM-USERNAME PG-USERNAME",
      "host all,  a all 10.0.0.0 255.0.0.0 md5 # why\n                                          # and why",
      "  local all all peer\t# why\n\t\t\t# not",
      "hostssl all all ::1/128 cert  map=m \\\n   clientname=DN # why\n   # not",
      "m a  b # why\n       # and why",
      "m /^(.*)$   \\\n  b",
      "   # why \\",
      "include_if_exists   more   # why",
      `host all all ${"x".repeat(300)} trust # ${"y".repeat(7650)}\n${" ".repeat(322)}# why`,
      "",
      " ",
    ];
    const bytes = oneof(
      string({ unit: constantFrom(...odd, ...words), maxLength: 60 }),
      array(constantFrom(...lines), { maxLength: 8 }).map((some) => some.join("\n")),
    );
    const disk: Disk = { files: new Map(), directories: new Map(), zones: new Map(), hosts: new Map() };
    assert(
      property(kinds, bytes, (kind, bytes) => {
        const once = formatted({ kind, fileName: "/f", bytes, disk }, "18");
        expect(formatted({ kind, fileName: "/f", bytes: once, disk }, "18")).toBe(once);
        expect(comments(once)).toEqual(comments(bytes));
      }),
      { numRuns: numRuns * 5 },
    );
  });
});
