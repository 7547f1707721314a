import { resolve } from "node:path";
import { utf8Bytes } from "../bytes.ts";
import { parsePolicySteps } from "../policy.ts";
import type { Reading } from "../policy.ts";
import { diagnostic } from "../problem.ts";
import type { Diagnostic, Problem } from "../problem.ts";
import { serverProfile } from "../profile.ts";
import type { ProfileOptions, ServerProfile } from "../profile.ts";
import type { Steps } from "../steps.ts";
import { emptyDisk, fetchNeed } from "./disk.ts";
import type { ReadDisk } from "./disk.ts";
import { createPace } from "./pace.ts";
import type { Pace } from "./pace.ts";

export interface ReadPolicyOptions {
  /** Path of `pg_hba.conf`. */
  readonly hbaFile: string;
  /** Path of `pg_ident.conf`; absent: no maps. */
  readonly identFile?: string;
  /** A version such as 18 or "18.4", or a whole profile; absent: PostgreSQL 18 as Debian builds it. */
  readonly serverVersion?: number | string;
  readonly profile?: ServerProfile;
  /** Ask the system's resolver for the names of RADIUS servers, as a server does while it loads. Default: no. */
  readonly resolveHosts?: boolean;
  /** Contents that need not be read from the disk (standard input, an editor's buffer). */
  readonly disk?: ReadDisk;
  /** When reading gives way to the rest of the process; default: every 10 ms. */
  readonly pace?: Pace;
}

/** What `readPolicy` gives: the reading, and its problems as people are shown them. */
export interface PolicyReading extends Reading {
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads both files with all that they include. Never fails because of what is in them; throws `RangeError`
 * for a server version that is not understood.
 */
export async function readPolicy(options: ReadPolicyOptions): Promise<PolicyReading> {
  const profile = options.profile ?? versionProfile({ version: String(options.serverVersion ?? 18) });
  const disk = options.disk ?? emptyDisk();
  const source = {
    hbaFileName: utf8Bytes(resolve(options.hbaFile)),
    identFileName: options.identFile === undefined ? null : utf8Bytes(resolve(options.identFile)),
    profile,
  };
  const pace = options.pace ?? createPace();
  for (;;) {
    const reading = await pace(parsePolicySteps(source, disk));
    if (reading.needs.length === 0) {
      return { ...reading, diagnostics: await pace(diagnosticsOf(reading.problems)) };
    }
    for (const need of reading.needs) await fetchNeed(disk, need, options.resolveHosts ?? false);
  }
}

/** A step for each problem. */
export function* diagnosticsOf(problems: readonly Problem[]): Steps<Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  for (const problem of problems) {
    diagnostics.push(diagnostic(problem));
    yield;
  }
  return diagnostics;
}

function versionProfile(options: ProfileOptions): ServerProfile {
  const profile = serverProfile(options);
  if ("error" in profile) throw new RangeError(profile.error);
  return profile;
}
