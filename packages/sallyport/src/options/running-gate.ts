import { access, constants } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Option } from "commander";
import {
  askControl,
  configFileName,
  ControlError,
  pidFileHolder,
  readConf,
  systemDisk,
} from "@sallyport/gateway";
import type { ControlQuestions } from "@sallyport/gateway";
import { asciiLower, utf8Bytes, utf8Text } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { exists } from "./directories.ts";

/** `-D` of the commands that are about one gate. */
export function gateOption(): Option {
  return new Option("-D, --directory <dir>", "the gate").env("SALLYPORT_GATE").makeOptionMandatory();
}

export interface Asked<Command extends keyof ControlQuestions> {
  readonly answer: ControlQuestions[Command]["answer"];
  readonly dataDirectory: string;
}

/** It holds the lock and cannot be asked: it is starting, or at the end of stopping. */
export class BusyError extends ControlError {
  readonly pid: number;
  readonly dataDirectory: string;

  constructor(pid: number, dataDirectory: string) {
    super("silent", `process ${pid} holds the gate and does not answer yet, or no more`);
    this.pid = pid;
    this.dataDirectory = dataDirectory;
  }
}

/**
 * Asks the gateway that runs a gate.
 *
 * @param patience milliseconds
 * @throws {ControlError}
 */
export async function askGate<Command extends keyof ControlQuestions>(
  directory: string,
  command: Command,
  question: ControlQuestions[Command]["question"],
  patience: number,
): Promise<Asked<Command>> {
  const places = await dataDirectories(directory);
  for (const dataDirectory of places) {
    try {
      return { answer: await askControl(dataDirectory, command, question, patience), dataDirectory };
    } catch (error) {
      if (!(error instanceof ControlError) || error.code !== "absent") throw error;
    }
  }
  for (const place of places) {
    const pid = await pidFileHolder(lockOf(place));
    if (pid !== null) throw new BusyError(pid, place);
  }
  await mayLookInto(directory);
  throw new ControlError("absent", `no gateway runs in "${directory}"`);
}

/** The failure of a command that could not ask, with the exit status that this has for it. */
export function unasked(statusOf: (code: ControlError["code"]) => 1 | 2): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ControlError)) throw error;
    const { code, message } = error;
    const denied = code === "denied" && "Only root and the user who runs the gateway may ask it.";
    throw new Failure(message, { hint: denied || undefined, status: statusOf(code), cause: error });
  };
}

/** The lock file of a gateway. */
export function lockOf(dataDirectory: string): string {
  return join(dataDirectory, "sallyport.pid");
}

/**
 * Where the gateway may have its socket: in the `data_directory` of `sallyport.conf`, else in the gate directory. That
 * file may have been broken or changed since the gateway was started, so nothing else in it is looked at.
 */
async function dataDirectories(directory: string): Promise<readonly string[]> {
  const gate = resolve(directory);
  const { settings } = await readConf(utf8Bytes(join(gate, configFileName)), systemDisk);
  const set = settings.findLast(({ name }) => asciiLower(name) === "data_directory")?.value;
  return set === undefined ? [gate] : [...new Set([resolve(gate, utf8Text(set)), gate])];
}

/** Somebody to whom the gate is closed does not know whether it runs. */
async function mayLookInto(directory: string): Promise<void> {
  const conf = join(resolve(directory), configFileName);
  await access(conf, constants.R_OK).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "EACCES")
      throw new ControlError("denied", `permission denied for "${conf}"`, error);
  });
  if (await exists(resolve(directory))) return;
  throw new ControlError("absent", `there is no directory "${directory}"`);
}
