import type { Random } from "./random.ts";
import { mutate } from "./tokens.ts";

/** What stands under a path: file bytes, or something that is no readable file. */
export type TreeEntry =
  | { readonly kind: "file"; readonly bytes: string; readonly readable: boolean }
  | { readonly kind: "directory" }
  | { readonly kind: "link"; readonly target: string };

/** A configuration file with everything around it that it may name, by path relative to its directory. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** Makes one line; `extraName` gives an `@file` token that points somewhere in the tree. */
export type LineMaker = (r: Random, extraName: () => string) => string;

const lineEnds = ["\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\r\r\n"] as const;

/**
 * A main file of about `lines` lines and what it includes: nested files, directories, `@` lists, chains up to
 * and past the depth limit, loops, and paths that are missing, unreadable, directories or dangling links.
 */
export function generateTree(r: Random, main: string, makeLine: LineMaker, lines: number): Tree {
  const tree = new Map<string, TreeEntry>();
  const extraName = (): string => {
    const name = r.weighted<string>([
      [12, () => r.pick(["list", "list", "list2", "./list", "d/list", "d/../list", "quoted", "inc"])],
      [4, () => r.pick(["none", "none", "/dev/null"])],
      [4, () => r.pick(["missing", "secret", "loop", "list/x", "../up", "/nonexistent/x"])],
      [1.5, () => r.pick(["d", "self", "chain1.conf", "broken list", long])],
      [1, () => r.pick(["d/.", "d/..", "d/../d/..", "list/./", "../".repeat(20)])],
    ]);
    if (r.chance(0.05)) return `@"${name}"`;
    return name.includes(" ") || r.chance(0.1) ? `"@${name}"` : `@${name}`;
  };
  // Past the depth limit a server takes include_if_exists for missing or for too deep by an accident of its
  // history (docs/differences.md), so only the main file has it, where it is never too deep.
  const body = (
    least: number,
    most: number,
    words: typeof nestedDirectives | typeof directives = nestedDirectives,
  ): string => {
    const line = (): string => (r.chance(0.08) ? directive(r, words) : makeLine(r, extraName));
    return r.many(least, most, () => line() + r.pick(lineEnds)).join("") + (r.chance(0.2) ? line() : "");
  };

  tree.set("d", { kind: "directory" });
  tree.set("d/list", file("x, y\n@../list\n"));
  tree.set("list", file(listBody(r)));
  tree.set("list2", file(`${listBody(r)}\n@list\n${r.chance(0.3) ? "@missing z" : ""}`));
  tree.set("quoted", file(`"all"${r.pick(["", ", b", "\n"])}`));
  tree.set("inc", file(`a\n${r.pick(["include list", "include_dir empty", "@list2"])}\n`));
  tree.set("none", file(r.pick(["", "", "# nothing\n", "\n"])));
  tree.set("secret", file("hidden\n", false));
  tree.set("loop", { kind: "link", target: "loop" });
  tree.set("self", file(`${r.chance(0.5) ? "@self" : "include self"}\n`));
  tree.set("one.conf", file(body(0, 6)));
  tree.set("two.conf", file(body(0, 6)));
  const depth = 8 + r.below(5);
  for (let level = 1; level <= depth; level += 1) {
    const next = level < depth ? `include chain${level + 1}.conf\n` : "";
    tree.set(
      `chain${level}.conf`,
      file(makeLine(r, () => "x") + "\n" + next + makeLine(r, () => "y") + "\n"),
    );
  }
  for (const name of ["dir", "empty", "bad", "lost"]) tree.set(name, { kind: "directory" });
  for (const name of ["1.conf", "2.conf"]) tree.set(`bad/${name}`, file(body(0, 1), false));
  tree.set("bad/3.conf", file(body(0, 1)));
  tree.set("lost/lost.conf", { kind: "link", target: "nowhere" });
  for (const name of [
    "10.conf",
    "9zzz.conf",
    "A.conf",
    "a-b.conf",
    "b.con",
    ".conf",
    ".hidden.conf",
    "x.CONF",
    "c.conf",
  ]) {
    if (r.chance(0.6)) tree.set(`dir/${name}`, file(body(0, 3), r.chance(0.93)));
  }
  if (r.chance(0.2)) tree.set("dir/sub.conf", { kind: "directory" });
  if (r.chance(0.05)) tree.set("dir/lost.conf", { kind: "link", target: "nowhere" });

  tree.set(main, file((r.chance(0.05) ? "\u00ef\u00bb\u00bf" : "") + body(lines, lines, directives)));
  return tree;
}

function file(bytes: string, readable = true): TreeEntry {
  return { kind: "file", bytes, readable };
}

const nestedDirectives = [
  "include",
  "include",
  "include",
  "include_dir",
  "include_dir",
  '"include"',
  '"include_dir"',
] as const;
const directives = [
  ...nestedDirectives,
  "include_if_exists",
  "include_if_exists",
  '"include_if_exists"',
] as const;

/** Longer than a file's name may be. */
const long = "long".repeat(70);

function directive(r: Random, words: typeof nestedDirectives | typeof directives): string {
  const word = r.pick<string>(words);
  const file = r.weighted<string>([
    [20, () => r.pick(["one.conf", "two.conf", "./one.conf", "d/../two.conf", '"one.conf"', "none"])],
    [6, () => "chain1.conf"],
    [8, () => r.pick(["missing.conf", "secret", "loop", "one.conf/x", long])],
    [6, () => r.pick(["d", "self", '""', '" "', "/nonexistent/x", "one.conf,two.conf", "@list", "@none"])],
  ]);
  const directory = r.weighted<string>([
    [12, () => r.pick(["dir", "dir", "empty", "dir/", "./dir"])],
    [8, () => r.pick(["bad", "lost"])],
    [8, () => r.pick(["nodir", "list", "secret", '""', '" "', '"\t"', "dir,empty"])],
  ]);
  const line = r.weighted<string>([
    [92, () => `${word} ${word.includes("_dir") !== r.chance(0.05) ? directory : file}`],
    [3, () => word],
    [3, () => `${word} ${file} ${directory}`],
    [2, () => `${word},x ${file}`],
  ]);
  return r.chance(0.1) ? mutate(r, line) : line;
}

function listBody(r: Random): string {
  const word = (): string =>
    r.pick(["a", "bob", '"all"', "all", "+staff", "x y", "c,d", "# note", '"e f"', ""]);
  return r.many(0, 5, () => word() + r.pick(["\n", " \n", ",\n", "\\\n"])).join("");
}
