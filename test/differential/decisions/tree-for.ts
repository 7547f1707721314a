import type { Dialect } from "@sallyport/policy";
import type { Tree, TreeEntry } from "@sallyport/testkit";

/** A generated tree without what this version would not load. */
export function treeFor(tree: Tree, dialect: Dialect): Tree {
  const written = (bytes: string): string => {
    let text = bytes;
    if (!dialect.continuation) text = text.replaceAll(/\\\n(?=b)/g, "").replaceAll("\\\n", "");
    if (!dialect.includes) text = text.replaceAll(/^\s*include.*$/gm, "");
    if (!dialect.connectionTypes.includes("hostgssenc"))
      text = text.replaceAll(/^(\s*)host(?:no)?gssenc\b/gm, "$1host");
    return dialect.carriageReturnIsBlank ? text : text.replaceAll("\r", "");
  };
  const entries = [...tree].map(([name, entry]): [string, TreeEntry] =>
    entry.kind === "file" ? [name, { ...entry, bytes: written(entry.bytes) }] : [name, entry],
  );
  return new Map(entries);
}
