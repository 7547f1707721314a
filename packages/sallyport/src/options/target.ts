import { join, resolve } from "node:path";
import {
  configFileName,
  gatewayProfile,
  loadSettings,
  systemDisk,
  thisMachine,
  unenforceable,
} from "@sallyport/gateway";
import type { LoadedSettings, RefusedSettings, Settings } from "@sallyport/gateway";
import { diagnostic, utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Disk, Problem, ServerProfile } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import type { PolicyReading, ReadDisk } from "@sallyport/policy/node";
import { Failure } from "../failure.ts";
import { readStdin } from "../io.ts";
import type { Io } from "../io.ts";
import { diagnosticText } from "../output/diagnostics.ts";
import { nameAndValue, profileOf } from "./policy-options.ts";
import type { PolicyOptions } from "./policy-options.ts";
import { exists, readServerDirectory } from "./server-directory.ts";

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

interface Files {
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
      ? unenforceable(reading.policy, await thisMachine(files.settings))
      : [];
  return { reading, disk, profile: files.profile, settings: files.settings, refused };
}

/** A gate's settings, and the way to read them again. */
export interface GateSource {
  readonly loaded: LoadedSettings;
  readonly configFile: string;
  readonly reread: () => Promise<LoadedSettings | RefusedSettings>;
  /** When the first reading began. */
  readonly readAt: Date;
}

/** The settings of a gate with those of the command line over them, or the failure that says all that is wrong with them. */
export async function readGate(directory: string, overrides: readonly string[], io: Io): Promise<GateSource> {
  const pairs = overrides
    .map(nameAndValue)
    .map(([name, value]) => [utf8Bytes(name), utf8Bytes(value)] as const);
  const options = { directory: utf8Bytes(resolve(directory)), overrides: pairs, disk: systemDisk };
  const configFile = join(resolve(directory), configFileName);
  const reread = async (): Promise<LoadedSettings | RefusedSettings> => await loadSettings(options);
  const readAt = io.clock();
  const loaded = await reread();
  if ("settings" in loaded) return { loaded, configFile, reread, readAt };
  for (const one of loaded.diagnostics) io.stderr(`${diagnosticText(one)}\n`);
  throw new Failure(`${configFile} cannot be used`);
}

/** The files of the directory that the options name, if they name one, and whose meaning they have. */
export async function findFiles(options: PolicyOptions): Promise<Files> {
  const { directory } = options;
  if (directory === undefined) {
    return { hbaFile: null, identFile: null, profile: profileOf(options), settings: null };
  }
  if (await exists(join(directory, configFileName))) return await gateFiles(directory, options);
  if (!(await exists(join(directory, "postgresql.conf")))) {
    const hint = `A gate has ${configFileName}, a server has postgresql.conf.`;
    throw new Failure(`"${directory}" is the directory of neither a gate nor a PostgreSQL server`, { hint });
  }
  const { hbaFile, identFile, version, settings } = await readServerDirectory(resolve(directory));
  return { hbaFile, identFile, profile: profileOf(options, settings, version ?? undefined), settings: null };
}

async function gateFiles(directory: string, options: PolicyOptions): Promise<Files> {
  const loaded = await loadSettings({
    directory: utf8Bytes(resolve(directory)),
    overrides: [],
    disk: systemDisk,
  });
  if (!("settings" in loaded)) {
    const excerpt = loaded.diagnostics.map((one) => diagnosticText(one)).join("\n");
    throw new Failure(`${join(directory, configFileName)} cannot be used`, { excerpt });
  }
  const { settings } = loaded;
  const { hba_file: hba, ident_file: ident, server_version: version } = settings;
  const asked = options.serverVersion ?? options.with ?? options.without ?? options.set?.[0];
  const profile =
    asked === undefined
      ? gatewayProfile(settings, await thisMachine(settings))
      : profileOf(options, {}, version);
  return { hbaFile: utf8Text(hba), identFile: utf8Text(ident), profile, settings };
}

/** `-` is standard input, read once, under a name that says so. */
async function fileOrStdin(file: string | null, disk: ReadDisk, io: Io): Promise<string | null> {
  if (file !== "-") return file;
  const name = resolve("<stdin>");
  disk.files.set(utf8Bytes(name), { bytes: utf8Bytes(await readStdin(io)) });
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
