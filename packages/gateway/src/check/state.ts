import { access, constants, stat } from "node:fs/promises";
import type { Stats } from "node:fs";
import { join } from "node:path";
import { utf8Text } from "@sallyport/policy";
import { systemReason } from "../log/system-reason.ts";
import { nodeKeyLength } from "../state/node-key.ts";
import { pidFileHolder } from "../state/pid-file.ts";
import type { Settings } from "../config/index.ts";
import { finding } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";

/** What the data directory shows. */
export interface StateCheck {
  readonly findings: readonly Finding[];
  /** Of the directory, who is taken to run the gateway; null: there is none. */
  readonly owner: number | null;
  /** Process id of the gateway that runs. */
  readonly runs: number | null;
}

/** @param uid of the user that checks */
export async function checkState({ data_directory }: Settings, uid: number): Promise<StateCheck> {
  const directory = utf8Text(data_directory);
  const status = await stat(directory).catch((error: unknown) => systemReason(error));
  const unusable = typeof status === "string" ? status : await unusableBecause(directory, status);
  const findings: Finding[] = [];
  if (unusable !== null) {
    findings.push(finding("data-directory", `data directory "${directory}" cannot be used: ${unusable}`));
  }
  if (typeof status === "string") return { findings, owner: null, runs: null };
  findings.push(...(await checkNodeKey(join(directory, "node.key"))));
  const runs = await pidFileHolder(join(directory, "sallyport.pid"));
  if (runs !== null) {
    const hint = `"sallyport status" shows whether it runs what lies on the disk.`;
    findings.push(finding("gate-runs", `the gateway of this gate runs (PID ${runs})`, { hint }));
  }
  if (status.uid !== uid) {
    const message = `the check runs as user ID ${uid}, and "${directory}" belongs to user ID ${status.uid}`;
    const hint =
      "What the one may read and write, the other may not: check as the user that runs the gateway.";
    findings.push(finding("other-user", message, { hint }));
  }
  return { findings, owner: status.uid, runs };
}

async function unusableBecause(directory: string, status: Stats): Promise<string | null> {
  if (!status.isDirectory()) return "Not a directory";
  return await access(directory, constants.W_OK | constants.X_OK).then(() => null, systemReason);
}

/** One that is not there is made at the start. */
async function checkNodeKey(path: string): Promise<Finding[]> {
  const status = await stat(path).catch(() => null);
  if (status === null) return [];
  const findings: Finding[] = [];
  if (status.size !== nodeKeyLength) {
    const message = `"${path}" must have ${nodeKeyLength} bytes, and has ${status.size}`;
    findings.push(finding("node-key-refused", message));
  }
  const unreadable = await access(path, constants.R_OK).then(() => null, systemReason);
  if (unreadable !== null) {
    findings.push(finding("node-key-refused", `could not read "${path}": ${unreadable}`));
  }
  if ((status.mode & 0o077) !== 0) {
    const hint = "Permissions should be u=rw (0600) or less.";
    findings.push(finding("readable-by-others", `"${path}" has group or world access`, { hint }));
  }
  return findings;
}
