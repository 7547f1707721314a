import { createHash } from "node:crypto";
import { compilePolicySteps, serverProfile, utf8Text } from "@sallyport/policy";
import type {
  Bytes,
  Diagnostic,
  DirectoryContent,
  Mapping,
  Policy,
  Problem,
  ServerProfile,
  Steps,
} from "@sallyport/policy";
import { loadGssapi, loadOs, pamIsThere } from "@sallyport/methods/os";
import { createPace, diagnosticsOf, emptyDisk, readPolicy } from "@sallyport/policy/node";
import type { Pace, ReadDisk } from "@sallyport/policy/node";
import { unenforceableSteps } from "./enforcement.ts";
import type { Machine } from "./enforcement.ts";
import type { Settings } from "./settings-table.ts";

/** The files and directories that were read, by their full names. */
export interface ReadParts {
  /** In the order of reading, with the hash of each; null: it could not be read. */
  readonly files: ReadonlyMap<Bytes, string | null>;
  readonly directories: ReadonlyMap<Bytes, DirectoryContent>;
}

/** One of the two files with all that it includes, as it was read. */
export interface FileReading {
  readonly fileName: Bytes;
  /** How PostgreSQL's log calls it where it tells that it was not loaded. */
  readonly logName: Bytes;
  /** Of its bytes; with includes of the list of all files and their hashes, as `sha256sum` prints it. */
  readonly sha256: string;
  /** What `sha256` is of. */
  readonly read: ReadParts;
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

/** A pace beside sessions whose queries take less than a millisecond: each of them may have to wait for one slice. */
export function livePace(): Pace {
  return createPace({ slice: 0.25 });
}

/**
 * Reads `pg_hba.conf` by itself, refuses what this gateway could not carry out, and compiles the rules, so that no login has
 * to wait for them.
 *
 * @param pace when this gives way to the sessions; default: every 10 ms
 */
export async function readHba(settings: Settings, pace: Pace = createPace()): Promise<HbaReading> {
  const disk = emptyDisk();
  const machine = await thisMachine(settings);
  const profile = gatewayProfile(settings, machine);
  const { policy, problems } = await readPolicy({
    hbaFile: utf8Text(settings.hba_file),
    profile,
    resolveHosts: true,
    disk,
    pace,
  });
  const refused = policy ? await pace(unenforceableSteps(policy, machine)) : [];
  const described = await pace(describe(settings.hba_file, disk, [...problems, ...refused]));
  const logName = profile.dialect.loadNamesPath ? settings.hba_file : "pg_hba.conf";
  const runs = policy !== null && refused.length === 0;
  return { ...described, logName, policy: runs ? await pace(compilePolicySteps(policy)) : null };
}

/** Reads `pg_ident.conf` by itself, at the same pace. */
export async function readIdent(settings: Settings, pace: Pace = createPace()): Promise<IdentReading> {
  const disk = emptyDisk();
  const profile = gatewayProfile(settings, await thisMachine(settings));
  const { ident } = await readPolicy({
    hbaFile: "/dev/null",
    identFile: utf8Text(settings.ident_file),
    profile,
    disk,
    pace,
  });
  disk.files.delete("/dev/null");
  const described = await pace(describe(settings.ident_file, disk, ident?.problems ?? []));
  const logName = profile.dialect.loadNamesPath ? settings.ident_file : "pg_ident.conf";
  return { ...described, logName, mappings: ident?.loads ? ident.mappings : null };
}

/** What the machine that this runs on has, and the gate. */
export async function thisMachine(
  { auth_source }: Pick<Settings, "auth_source"> = { auth_source: "pg_authid" },
): Promise<Machine> {
  const peerCredentials = await loadOs();
  const libraries = new Set<"gssapi" | "pam">();
  if (await loadGssapi()) libraries.add("gssapi");
  if (await pamIsThere()) libraries.add("pam");
  return { peerCredentials, libraries, secrets: auth_source !== "upstream" };
}

/** A server like this gateway: of that version, and built without what the machine has not. */
export function gatewayProfile(settings: Settings, { libraries }: Machine): ServerProfile {
  const profile = serverProfile({
    version: settings.server_version,
    without: (["gssapi", "pam"] as const).filter((library) => !libraries.has(library)),
    settings: {
      ssl: settings.ssl,
      krb_caseins_users: settings.krb_caseins_users,
      log_hostname: settings.log_hostname,
      oauth_validator_libraries: settings.oauth_validator_libraries,
    },
  });
  if ("error" in profile) throw new RangeError(profile.error);
  return profile;
}

function* describe(
  fileName: Bytes,
  disk: ReadDisk,
  problems: readonly Problem[],
): Steps<Omit<FileReading, "logName">> {
  const files = new Map<Bytes, string | null>();
  let list = "";
  let only = "";
  for (const [name, content] of disk.files) {
    const wasRead = "bytes" in content && content.readError === undefined;
    only = yield* sha256("bytes" in content ? (content.pieces ?? [content.bytes]) : []);
    list += `${only}  ${name}\n`;
    files.set(name, wasRead ? only : null);
  }
  const sum = files.size === 1 ? only : yield* sha256([list]);
  const read = { files, directories: disk.directories };
  return { fileName, sha256: sum, read, problems, diagnostics: yield* diagnosticsOf(problems) };
}

/** Hashed between two steps: a tenth of a millisecond. */
const bytesPerStep = 64 * 1024;

function* sha256(pieces: readonly Bytes[]): Steps<string> {
  const hash = createHash("sha256");
  for (const bytes of pieces) {
    for (let at = 0; at < bytes.length; at += bytesPerStep) {
      hash.update(bytes.slice(at, at + bytesPerStep), "latin1");
      yield;
    }
  }
  return hash.digest("hex");
}
