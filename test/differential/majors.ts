import { isInstalled, serverBuilds } from "@sallyport/testkit";
import type { Major, Tree, TreeEntry } from "@sallyport/testkit";
import { serverProfile } from "@sallyport/policy";
import type { Dialect } from "@sallyport/policy";

/** The majors that are asked: `MAJORS=10,14` those, without it the ones that every checkout has. */
export const majors: readonly Major[] = (process.env["MAJORS"] ?? "13,16,18").split(",").map((text) => {
  const known = serverBuilds.find(({ major }) => String(major) === text);
  if (!known || !isInstalled(known)) throw new Error(`MAJORS: there is no PostgreSQL ${text} to start`);
  return known.major;
});

export function dialectOf(major: Major): Dialect {
  const profile = serverProfile({ version: String(major) });
  if ("error" in profile) throw new Error(profile.error);
  return profile.dialect;
}

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
