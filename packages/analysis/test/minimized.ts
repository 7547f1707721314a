import { profileOf } from "@sallyport/testkit";
import type { Bytes, DirectoryContent, FileContent } from "@sallyport/policy";
import { minimizeFile } from "../src/index.ts";
import type { Minimized } from "../src/index.ts";

/** What a file may include, by full paths. */
export interface Known {
  readonly files: ReadonlyMap<Bytes, FileContent>;
  readonly directories: ReadonlyMap<Bytes, DirectoryContent>;
}

export const nothingIncluded: Known = { files: new Map(), directories: new Map() };

/** `/hba`, as PostgreSQL 18 has it. */
export function minimized(
  bytes: Bytes,
  { files, directories }: Known = nothingIncluded,
  oldest = 10,
): Minimized {
  const disk = {
    files: new Map(files).set("/hba", { bytes }),
    directories,
    zones: new Map(),
    hosts: new Map(),
  };
  const result = minimizeFile({ kind: "hba", fileName: "/hba", bytes, profile: profileOf(), disk, oldest });
  if ("problems" in result) throw new Error(result.problems.map(({ text }) => text).join("\n"));
  if (result.bytes === null) throw new Error(result.difference.what);
  return result;
}
