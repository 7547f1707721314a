import { createHash } from "node:crypto";
import { diagnostic, serverProfile, utf8Text } from "@sallyport/policy";
import type { Bytes, Diagnostic, Mapping, Policy, Problem, ServerProfile } from "@sallyport/policy";
import { loadOs } from "@sallyport/methods/os";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import type { ReadDisk } from "@sallyport/policy/node";
import { unenforceable } from "./enforcement.ts";
import type { Machine } from "./enforcement.ts";
import type { Settings } from "./settings-table.ts";

/** One of the two files with all that it includes, as it was read. */
export interface FileReading {
  readonly fileName: Bytes;
  /** Of its bytes; with includes of the list of all files and their hashes, as `sha256sum` prints it. */
  readonly sha256: string;
  readonly problems: readonly Problem[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `policy`: its rules, with no mapping; null: it cannot be run. */
export interface HbaReading extends FileReading {
  readonly policy: Policy | null;
}

/** Null: it does not load. */
export interface IdentReading extends FileReading {
  readonly mappings: readonly Mapping[] | null;
}

/** Reads `pg_hba.conf` by itself, and refuses what this gateway could not carry out. */
export async function readHba(settings: Settings): Promise<HbaReading> {
  const disk = emptyDisk();
  const hbaFile = utf8Text(settings.hba_file);
  const { policy, problems } = await readPolicy({
    hbaFile,
    profile: gatewayProfile(settings),
    resolveHosts: true,
    disk,
  });
  const refused = policy ? unenforceable(policy, await thisMachine()) : [];
  const all = [...problems, ...refused];
  return { ...described(settings.hba_file, disk, all), policy: refused.length > 0 ? null : policy };
}

/** Reads `pg_ident.conf` by itself. */
export async function readIdent(settings: Settings): Promise<IdentReading> {
  const disk = emptyDisk();
  const { ident } = await readPolicy({
    hbaFile: "/dev/null",
    identFile: utf8Text(settings.ident_file),
    profile: gatewayProfile(settings),
    disk,
  });
  disk.files.delete("/dev/null");
  const mappings = ident?.loads ? ident.entries.flatMap(({ mapping }) => mapping ?? []) : null;
  return { ...described(settings.ident_file, disk, ident?.problems ?? []), mappings };
}

/** What the machine that this runs on has. */
export async function thisMachine(): Promise<Machine> {
  return { peerCredentials: await loadOs() };
}

/** A server like this gateway: of that version, and built without what is not built here. */
export function gatewayProfile(settings: Settings): ServerProfile {
  const profile = serverProfile({
    version: settings.server_version,
    without: ["ssl", "gssapi", "ldap", "pam"],
    settings: { krb_caseins_users: settings.krb_caseins_users },
  });
  if ("error" in profile) throw new RangeError(profile.error);
  return profile;
}

function described(fileName: Bytes, { files }: ReadDisk, problems: readonly Problem[]): FileReading {
  const sums = [...files].map(([name, content]) => ({
    name,
    sum: sha256("bytes" in content ? content.bytes : ""),
  }));
  const [only] = sums;
  const sha =
    sums.length === 1 && only ? only.sum : sha256(sums.map(({ name, sum }) => `${sum}  ${name}\n`).join(""));
  return { fileName, sha256: sha, problems, diagnostics: problems.map(diagnostic) };
}

function sha256(bytes: Bytes): string {
  return createHash("sha256").update(bytes, "latin1").digest("hex");
}
