import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Bytes, DirectoryContent, FileContent } from "@sallyport/policy";
import { Failure } from "../failure.ts";

const run = promisify(execFile);

/** Larger configuration files are not read from the disk either. */
const largestFile = 1024 * 1024 * 1024;

/** Files of a revision of the git repository that the user is in. */
export interface GitRevision {
  /** A name that no file of the disk has: `CWD/REV:/PATH`. */
  readonly nameOf: (path: string) => string;
  /** Null: the name is of no file of this revision. */
  readonly pathOf: (name: Bytes) => string | null;
  readonly file: (path: string) => Promise<FileContent>;
  readonly directory: (path: string) => Promise<DirectoryContent>;
  readonly isDirectory: (path: string) => Promise<boolean>;
}

/** `REV:PATH` as git understands it; null: it has another form. */
export function parseRevision(text: string): { readonly revision: string; readonly path: string } | null {
  const colon = text.indexOf(":");
  return colon < 1 ? null : { revision: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** A path beginning with `./` or `../` is meant from where the user is, any other one from the top, as with `git show`. */
export async function fromTop(path: string): Promise<string> {
  if (!/^\.\.?(?:\/|$)/.test(path)) return path;
  const prefix = (await git(["rev-parse", "--show-prefix"])).replace(/\n$/, "");
  return join(utf8Text(prefix), path);
}

export function gitRevision(revision: string): GitRevision {
  if (revision.startsWith("-")) throw new Failure(`"${revision}" is no revision of git`);
  const root = `${resolve(`${revision}:`)}/`;
  const entryAt = async (path: string): Promise<TreeEntry | null> => {
    const [entry] = treeEntries(await git(["ls-tree", "--full-tree", "-z", revision, "--", path]));
    if (entry?.mode !== "120000") return entry ?? null;
    throw new Failure(`"${revision}:${path}" is a symbolic link`, {
      hint: "Name the file that it leads to, or check the revision out.",
    });
  };
  return {
    nameOf: (path) => root + path,
    pathOf: (name) => {
      const text = utf8Text(name);
      return text.startsWith(root) ? text.slice(root.length) : null;
    },
    file: async (path) => {
      const entry = await entryAt(path);
      if (!entry) return missing;
      if (entry.type === "tree")
        return { bytes: "", readError: { code: "EISDIR", reason: "Is a directory" } };
      return { bytes: await git(["cat-file", "blob", entry.hash]) };
    },
    directory: async (path) => {
      const entry = await entryAt(path);
      if (entry?.type !== "tree") return missing;
      const entries = treeEntries(await git(["ls-tree", "-z", entry.hash]));
      return {
        entries: entries.map(({ name, type }) => ({ name, kind: type === "tree" ? "directory" : "file" })),
      };
    },
    isDirectory: async (path) => path === "" || (await entryAt(path.replace(/\/+$/, "")))?.type === "tree",
  };
}

const missing = { openError: { code: "ENOENT", reason: "No such file or directory" } } as const;

interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly hash: string;
  readonly name: Bytes;
}

/** `MODE TYPE HASH<tab>NAME<nul>`, as `git ls-tree -z` prints. */
function treeEntries(output: Bytes): TreeEntry[] {
  return output
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => {
      const tab = line.indexOf("\t");
      const [mode = "", type = "", hash = ""] = line.slice(0, tab).split(" ");
      return { mode, type, hash, name: line.slice(tab + 1) };
    });
}

async function git(args: readonly string[]): Promise<Bytes> {
  try {
    const { stdout } = await run("git", args, { encoding: "latin1", maxBuffer: largestFile });
    return stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new Failure("git is not installed, or this directory is gone", { cause: error });
    }
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new Failure(utf8Text(utf8Bytes(said.replace(/^fatal: /, "git: "))), { cause: error });
  }
}
