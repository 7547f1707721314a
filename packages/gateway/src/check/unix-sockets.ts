import { access, constants, stat } from "node:fs/promises";
import { posix } from "node:path";
import { groupId } from "@sallyport/methods/os";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { LoadedSettings } from "../config/index.ts";
import { pathFault } from "../doorstep/socket-file.ts";
import { systemReason } from "../log/system-reason.ts";
import { pidFileHolder } from "../state/pid-file.ts";
import { finding, quoted, textOf } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";

/**
 * What keeps Unix sockets from being made.
 *
 * @param runs process id of the gateway that runs, which holds its own sockets
 */
export async function checkSockets(
  { settings, sources }: LoadedSettings,
  runs: number | null,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { unix_socket_directories, unix_socket_group: group, port } = settings;
  const directories = [...new Set(unix_socket_directories)];
  const place = sources.get("unix_socket_directories")?.place;
  const findings: Finding[] = [];
  let made = 0;
  for (const directory of directories) {
    const path = `${directory}/.s.PGSQL.${port}`;
    const fault = pathFault(path);
    if (fault !== null) {
      findings.push(finding("socket-path", utf8Text(fault), { place }));
      continue;
    }
    made += 1;
    const reason = await unwritableBecause(directory);
    const lock = `${utf8Text(path)}.lock`;
    if (reason !== null) {
      const message = `could not create lock file "${lock}": ${reason}`;
      findings.push(finding("socket-directory", message, { place }));
      continue;
    }
    const holder = await pidFileHolder(lock);
    if (holder === null || holder === runs) continue;
    const hint = `Is another server (PID ${holder}) using socket file ${quoted(path)}?`;
    findings.push(finding("socket-held", `lock file "${lock}" already exists`, { place, hint }));
  }
  if (directories.length > 0 && group !== "") {
    const fault = await groupFault(group, signal);
    if (fault !== null) {
      findings.push(finding("socket-group", fault, { place: sources.get("unix_socket_group")?.place }));
      made = 0;
    }
  }
  if (directories.length > 0 && made === 0) {
    findings.push(finding("no-door", "could not create any Unix-domain sockets", { place }));
  }
  return findings;
}

async function groupFault(group: Bytes, signal: AbortSignal): Promise<string | null> {
  try {
    const found = await groupId(group, signal);
    return "error" in found ? utf8Text(found.error) : null;
  } catch (error) {
    return `could not look up group ${quoted(group)}: ${textOf(error)}`;
  }
}

/** A directory that is missing is made at the start, if that can be done. Null: it can be written, or made. */
async function unwritableBecause(directory: Bytes): Promise<string | null> {
  const name = utf8Text(directory);
  const status = await stat(name).catch((error: unknown) => systemReason(error));
  if (typeof status === "string") {
    const isMissing = status === "No such file or directory" && name !== "/";
    return isMissing ? await unwritableBecause(posix.dirname(directory)) : utf8Text(status);
  }
  if (!status.isDirectory()) return "Not a directory";
  return await access(name, constants.W_OK | constants.X_OK).then(() => null, systemReason);
}
