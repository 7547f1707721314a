import type { Random, Tree } from "@sallyport/testkit";

const main = "pg_hba.conf";

/** The tree, with lines of another one among those of its main file, and some lines gone, twice there, or elsewhere. */
export function editedTree(r: Random, tree: Tree, other: Tree): Tree {
  const lines = linesOf(tree);
  const others = linesOf(other);
  for (let edits = 1 + r.below(8); edits > 0; edits -= 1) {
    const at = r.below(lines.length + 1);
    const line = others[r.below(others.length)] ?? "\n";
    r.weighted<unknown>([
      [4, () => lines.splice(at, 0, line)],
      [3, () => lines.splice(at, 1)],
      [3, () => lines.splice(at, 1, line)],
      [1, () => lines.splice(at, 0, lines[at] ?? line)],
      [2, () => lines.splice(at, 0, ...lines.splice(r.below(lines.length), 1))],
    ]);
  }
  const bytes = lines.join("") || "local all all reject\n";
  return new Map([...tree, [main, { kind: "file", bytes, readable: true }]]);
}

/** Each with the lines that continue it. */
function linesOf(tree: Tree): string[] {
  const file = tree.get(main);
  const text = file?.kind === "file" ? file.bytes : "";
  return text.match(/(?:[^\n]*\\\r*\n)*[^\n]*\n/g) ?? [];
}
