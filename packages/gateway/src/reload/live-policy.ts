import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Policy } from "@sallyport/policy";
import type { Settings } from "../config/index.ts";
import { livePace, readHba, readIdent } from "../config/policy-files.ts";
import type { FileReading, HbaReading, IdentReading } from "../config/policy-files.ts";

/** What became of a file: it counts now, it is as it was, or it was refused and the one before it counts on. */
export type Verdict = "loaded" | "unchanged" | "refused";

export interface FileReport extends FileReading {
  readonly verdict: Verdict;
  /** Of the one that counts. */
  readonly liveSha256: string;
}

export interface ReloadReport {
  readonly at: Date;
  readonly hba: FileReport;
  readonly ident: FileReport;
  /** Of all that decides now. */
  readonly policySha256: string;
}

/** One that can be run. */
export type RunnableHba = HbaReading & { readonly policy: Policy };

/**
 * The rules and maps that decide now. Whoever asks gets a whole policy, which stays as it is: a login that has begun is
 * decided by one from its beginning to its end. At a reload each file is taken whole or not at all, each by itself
 * (manual, 20.1 and 20.2).
 */
export class LivePolicy {
  readonly #clock: () => Date;
  #hba: RunnableHba;
  #ident: IdentReading;
  #report: ReloadReport;
  #current: Policy;

  /** @param hba,ident as they were read at start, where a broken `pg_ident.conf` counts as empty */
  constructor(hba: RunnableHba, ident: IdentReading, clock: () => Date) {
    this.#clock = clock;
    this.#hba = hba;
    this.#ident = { ...ident, mappings: ident.mappings ?? [] };
    this.#current = policyOf(this.#hba, this.#ident);
    this.#report = this.#reportOf(
      { ...hba, verdict: "loaded" },
      { ...ident, verdict: ident.mappings === null ? "refused" : "loaded" },
    );
  }

  get current(): Policy {
    return this.#current;
  }

  /** Of the last reload, or of the start. */
  get report(): ReloadReport {
    return this.#report;
  }

  /** Reads both files anew. What is read while another reload runs would be lost: `Reloader` has them follow each other. */
  async reload(settings: Settings): Promise<ReloadReport> {
    const pace = livePace();
    const hba = await readHba(settings, pace);
    const ident = await readIdent(settings, pace);
    const hbaVerdict = verdictOf(hba, this.#hba, hba.policy !== null);
    const identVerdict = verdictOf(ident, this.#ident, ident.mappings !== null);
    // Rules that mean the same stay the same, and so do their counts.
    if (hba.policy !== null && !(hbaVerdict === "unchanged" && hasProfile(this.#hba, hba.policy)))
      this.#hba = { ...hba, policy: hba.policy };
    if (ident.mappings !== null) this.#ident = ident;
    this.#current = policyOf(this.#hba, this.#ident);
    this.#report = this.#reportOf({ ...hba, verdict: hbaVerdict }, { ...ident, verdict: identVerdict });
    return this.#report;
  }

  #reportOf(
    hba: FileReading & { readonly verdict: Verdict },
    ident: FileReading & { readonly verdict: Verdict },
  ): ReloadReport {
    return {
      at: this.#clock(),
      hba: { ...hba, liveSha256: this.#hba.sha256 },
      ident: { ...ident, liveSha256: this.#ident.sha256 },
      policySha256: createHash("sha256").update(this.#hba.sha256).update(this.#ident.sha256).digest("hex"),
    };
  }
}

function policyOf({ policy }: RunnableHba, { mappings }: IdentReading): Policy {
  return { ...policy, mappings: mappings ?? [] };
}

function hasProfile({ policy }: RunnableHba, { profile }: Policy): boolean {
  return isDeepStrictEqual(policy.profile, profile);
}

function verdictOf(read: FileReading, live: FileReading, loads: boolean): Verdict {
  if (!loads) return "refused";
  return read.sha256 === live.sha256 ? "unchanged" : "loaded";
}
