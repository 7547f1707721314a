import { resolve } from "node:path";
import type { Settings } from "@sallyport/gateway";
import { diagnostic, utf8Bytes } from "@sallyport/policy";
import type { Disk, Problem, ServerProfile } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import type { PolicyReading, ReadDisk } from "@sallyport/policy/node";
import { Failure } from "../failure.ts";
import { readStdinBytes } from "../io.ts";
import type { Io } from "../io.ts";
import { diagnosticText } from "../output/diagnostics.ts";
import { profileOf } from "./policy-options.ts";
import type { PolicyOptions } from "./policy-options.ts";
import type { ServerDirectory } from "./server-directory.ts";
import { isGate, isServer } from "./directories.ts";
import type * as GateTarget from "./gate-target.ts";

/** The files that a command is about, read. */
export interface Target {
  readonly reading: PolicyReading;
  /** What they were read from. */
  readonly disk: Disk;
  readonly profile: ServerProfile;
  /** Of the gate in whose directory they are; null: of none. */
  readonly settings: Settings | null;
  /** What keeps a gate from running files that PostgreSQL would load. */
  readonly refused: readonly Problem[];
}

export interface Files {
  readonly hbaFile: string | null;
  readonly identFile: string | null;
  readonly profile: ServerProfile;
  /** Null: of no gate. */
  readonly settings: Settings | null;
}

/** Reads the files that the options name: `--hba` and `--ident`, else those of the directory. */
export async function readTarget(options: PolicyOptions, io: Io): Promise<Target> {
  const files = await findFiles(options);
  const disk = emptyDisk();
  const hbaFile = await fileOrStdin(options.hba ?? files.hbaFile, disk, io);
  const identFile = await fileOrStdin(options.ident ?? files.identFile, disk, io);
  if (hbaFile === null && identFile === null) throw nothingNamed();
  const reading = await readPolicy({
    hbaFile: hbaFile ?? "/dev/null",
    ...(identFile === null ? {} : { identFile }),
    profile: files.profile,
    disk,
  });
  const refused =
    files.settings && options.hba === undefined && reading.policy
      ? await (await gateTarget()).refusedByGate(reading.policy, files.settings)
      : [];
  return { reading, disk, profile: files.profile, settings: files.settings, refused };
}

/** The files of the directory that the options name, if they name one, and whose meaning they have. */
export async function findFiles(options: PolicyOptions): Promise<Files> {
  const { directory } = options;
  if (directory === undefined) {
    return { hbaFile: null, identFile: null, profile: profileOf(options), settings: null };
  }
  if (await isGate(directory)) return await (await gateTarget()).gateFiles(directory, options);
  if (!(await isServer(directory))) {
    const hint = "A gate has sallyport.conf, a server has postgresql.conf.";
    throw new Failure(`"${directory}" is the directory of neither a gate nor a PostgreSQL server`, { hint });
  }
  const { hbaFile, identFile, version, settings } = await readServer(resolve(directory));
  return { hbaFile, identFile, profile: profileOf(options, settings, version ?? undefined), settings: null };
}

/** Both are loaded only if they are needed: the gateway takes longer to load than most files. */
async function gateTarget(): Promise<typeof GateTarget> {
  return await import("./gate-target.ts");
}

async function readServer(directory: string): Promise<ServerDirectory> {
  const { readServerDirectory } = await import("./server-directory.ts");
  return await readServerDirectory(directory);
}

/** `-` is standard input, read once, under a name that says so. */
async function fileOrStdin(file: string | null, disk: ReadDisk, io: Io): Promise<string | null> {
  if (file !== "-") return file;
  const name = resolve("<stdin>");
  disk.files.set(utf8Bytes(name), { bytes: await readStdinBytes(io) });
  return name;
}

/** Neither a file nor a directory was named. */
export function nothingNamed(): Failure {
  return new Failure("sallyport does not know where to find the files", {
    hint: "You must name a file, use the -D option, or set the SALLYPORT_GATE environment variable.",
  });
}

/** The diagnostics of a target, the gate's own refusals included, for standard error. */
export function targetDiagnostics({ reading, refused }: Target): string[] {
  return [...reading.diagnostics, ...refused.map(diagnostic)].map(diagnosticText);
}
