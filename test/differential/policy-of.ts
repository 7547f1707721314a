import { parsePolicy, serverProfile } from "@sallyport/policy";
import type { Dialect, Disk, FileContent, Policy, ProfileOptions } from "@sallyport/policy";
import type { Tree } from "@sallyport/testkit";

/** Reads a generated tree without a disk; it may be made for the version that it is to be read as. */
export function policyOf(made: Tree | ((dialect: Dialect) => Tree), options: ProfileOptions = {}): Policy {
  const profile = serverProfile(options);
  if ("error" in profile) throw new Error(profile.error);
  const tree = typeof made === "function" ? made(profile.dialect) : made;
  const files = new Map<string, FileContent>([
    ["/missing.conf", { openError: { code: "ENOENT", reason: "No such file or directory" } }],
  ]);
  for (const [name, entry] of tree) if (entry.kind === "file") files.set(`/${name}`, { bytes: entry.bytes });
  const inExtra = [...tree.keys()].filter((name) => name.startsWith("extra/"));
  const entries = inExtra.map((name) => ({ name: name.slice("extra/".length), kind: "file" as const }));
  const directories = new Map([["/extra", { entries }]]);
  const disk: Disk = { files, directories, zones: new Map(), hosts: new Map() };
  const identFileName = tree.has("pg_ident.conf") ? "/pg_ident.conf" : null;
  const read = parsePolicy({ hbaFileName: "/pg_hba.conf", identFileName, profile }, disk);
  const { policy, needs, problems } = read;
  if (!policy || problems.some(({ severity }) => severity === "error"))
    throw new Error(JSON.stringify([needs, problems.map(({ text }) => text)]));
  return policy;
}
