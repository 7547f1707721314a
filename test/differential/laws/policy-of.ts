import { parsePolicy } from "@sallyport/policy";
import type {
  Dialect,
  Disk,
  FileContent,
  Policy,
  ProfileOptions,
  Reading,
  ServerProfile,
} from "@sallyport/policy";
import { profileOf } from "@sallyport/testkit";
import type { Tree } from "@sallyport/testkit";

/** Reads a generated tree without a disk. */
export function policyOf(tree: Tree, options: ProfileOptions = {}): Policy {
  const { policy, needs, problems } = read(tree, profileOf(options));
  if (policy && problems.every(({ severity }) => severity !== "error")) return policy;
  throw new Error(JSON.stringify([needs, problems.map(({ text }) => text)]));
}

/** The first tree that loads: shorter tokens, and fewer regular expressions, are right in an older version. */
export function loadingPolicy(make: (dialect: Dialect) => Tree, options: ProfileOptions): Policy {
  const profile = profileOf(options);
  for (let tries = 0; tries < 50; tries += 1) {
    const { policy, ident } = read(make(profile.dialect), profile);
    if (policy && ident?.loads === true) return policy;
  }
  throw new Error(`nothing that is made loads as PostgreSQL ${options.version}`);
}

function read(tree: Tree, profile: ServerProfile): Reading {
  const files = new Map<string, FileContent>([
    ["/missing.conf", { openError: { code: "ENOENT", reason: "No such file or directory" } }],
  ]);
  for (const [name, entry] of tree) if (entry.kind === "file") files.set(`/${name}`, { bytes: entry.bytes });
  const inExtra = [...tree.keys()].filter((name) => name.startsWith("extra/"));
  const entries = inExtra.map((name) => ({ name: name.slice("extra/".length), kind: "file" as const }));
  const directories = new Map([["/extra", { entries }]]);
  const disk: Disk = { files, directories, zones: new Map(), hosts: new Map() };
  return parsePolicy({ hbaFileName: "/pg_hba.conf", identFileName: "/pg_ident.conf", profile }, disk);
}
