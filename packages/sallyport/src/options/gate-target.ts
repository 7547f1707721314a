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
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Policy, Problem } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { diagnosticText } from "../output/diagnostics.ts";
import { nameAndValue, profileOf } from "./policy-options.ts";
import type { PolicyOptions } from "./policy-options.ts";
import type { Files } from "./target.ts";

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

/** The files of a gate. */
export async function gateFiles(directory: string, options: PolicyOptions): Promise<Files> {
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

/** What keeps a gate from running files that PostgreSQL would load. */
export async function refusedByGate(
  policy: Pick<Policy, "rules">,
  settings: Settings,
): Promise<readonly Problem[]> {
  return unenforceable(policy, await thisMachine(settings));
}
