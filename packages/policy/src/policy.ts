import type { Bytes } from "./bytes.ts";
import type { CompiledRules } from "./decide/compiled/compile-rules.ts";
import { Asker } from "./disk.ts";
import type { Disk, Need } from "./disk.ts";
import { readHbaFile } from "./hba/file.ts";
import type { HbaFile } from "./hba/file.ts";
import type { HbaRule } from "./hba/rule.ts";
import { readIdentFile } from "./ident/file.ts";
import type { IdentFile, Mapping } from "./ident/file.ts";
import type { Problem } from "./problem.ts";
import type { ServerProfile } from "./profile.ts";
import { finish } from "./steps.ts";
import type { Steps } from "./steps.ts";

/** Both files, understood to the last line: what a decision is made by. */
export interface Policy {
  readonly profile: ServerProfile;
  readonly hbaFileName: Bytes;
  readonly rules: readonly HbaRule[];
  readonly mappings: readonly Mapping[];
  /** `compilePolicy` adds it. Absent, or of other rules: rules are compared one after another. */
  readonly compiled?: CompiledRules;
}

export interface PolicySource {
  readonly hbaFileName: Bytes;
  /** Null: there is none, as if it were empty. */
  readonly identFileName: Bytes | null;
  readonly profile: ServerProfile;
}

/** What reading came to, as far as the disk was known. While `needs` is not empty the rest is provisional. */
export interface Reading {
  readonly needs: readonly Need[];
  readonly hba: HbaFile;
  readonly ident: IdentFile | null;
  /** Of both files, in the order of the server's log. */
  readonly problems: readonly Problem[];
  /** Null if the server would not start with this `pg_hba.conf`. A broken `pg_ident.conf` counts as empty. */
  readonly policy: Policy | null;
}

/**
 * Reads both files from what is known of the disk. Pure: if something is missing, the caller fetches what
 * `needs` names and reads again.
 */
export function parsePolicy(source: PolicySource, disk: Disk): Reading {
  return finish(parsePolicySteps(source, disk));
}

/** `parsePolicy`, which may be put aside between any two lines. What is known of the disk must stay as it is meanwhile. */
export function* parsePolicySteps(
  { hbaFileName, identFileName, profile }: PolicySource,
  disk: Disk,
): Steps<Reading> {
  const asker = new Asker(disk);
  const hba = yield* readHbaFile(hbaFileName, profile, asker);
  const ident = identFileName === null ? null : yield* readIdentFile(identFileName, profile, asker);
  const needs = asker.needs;
  const { rules } = hba;
  const mappings = ident?.loads ? ident.mappings : [];
  return {
    needs,
    hba,
    ident,
    problems: [...hba.problems, ...(ident?.problems ?? [])],
    policy: hba.loads && needs.length === 0 ? { profile, hbaFileName, rules, mappings } : null,
  };
}
