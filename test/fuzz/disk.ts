import { parsePolicy } from "@sallyport/policy";
import type { DirectoryContent, FileContent, Need, Reading, ServerProfile } from "@sallyport/policy";
import type { Random } from "@sallyport/testkit";
import { anyBytes } from "./bytes.ts";

const refused = { code: "EACCES", reason: "Permission denied" };

/** A reading to its end, and what it asked for on the way. */
export interface Read {
  readonly reading: Reading;
  readonly needs: readonly Need[];
  /** All files that were given, by path. */
  readonly files: ReadonlyMap<string, FileContent>;
  readonly directories: ReadonlyMap<string, DirectoryContent>;
}

/** Reads files of any bytes, with whatever they ask for made up when they ask, up to a number of answers. */
export function readAnything(r: Random, profile: ServerProfile): Read {
  const files = new Map<string, FileContent>([
    ["/d/pg_hba.conf", { bytes: anyBytes(r) }],
    ["/d/pg_ident.conf", { bytes: anyBytes(r) }],
  ]);
  const directories = new Map<string, DirectoryContent>();
  const [zones, hosts] = [new Map<string, boolean>(), new Map<string, string | null>()];
  const source = { hbaFileName: "/d/pg_hba.conf", identFileName: "/d/pg_ident.conf", profile };
  const needs: Need[] = [];
  for (let left = 12; ; left -= 1) {
    const reading = parsePolicy(source, { files, directories, zones, hosts });
    if (reading.needs.length === 0) return { reading, needs, files, directories };
    needs.push(...reading.needs);
    for (const { kind, name } of reading.needs) {
      if (kind === "file") files.set(name, left > 0 ? someFile(r) : { openError: refused });
      else if (kind === "directory") directories.set(name, someDirectory(r));
      else if (kind === "zone") zones.set(name, r.chance(0.5));
      else hosts.set(name, r.chance(0.5) ? null : "Name or service not known");
    }
  }
}

function someFile(r: Random): FileContent {
  return r.weighted<FileContent>([
    [6, () => ({ bytes: anyBytes(r) })],
    [1, () => ({ bytes: "", readError: { code: "EISDIR", reason: "Is a directory" } })],
    [1, () => ({ openError: refused })],
  ]);
}

function someDirectory(r: Random): DirectoryContent {
  if (r.chance(0.2)) return { openError: refused };
  const kinds = ["file", "file", "directory", "unknown"] as const;
  const name = (): string => `${anyBytes(r).slice(0, 4).replaceAll(/[/\0]/g, "_")}.conf`;
  return { entries: r.many(0, 4, () => ({ name: name(), kind: r.pick(kinds) })) };
}
