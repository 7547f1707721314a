import type { Bytes } from "@sallyport/policy";
import type { AuthFile } from "../catalog/auth-file.ts";
import { readAuthFile } from "../catalog/read-auth-file.ts";
import type { AuthFileReading } from "../catalog/read-auth-file.ts";
import type { Verdict } from "./live-policy.ts";

/** What became of `auth_file`. */
export interface AuthFileReport {
  readonly fileName: Bytes;
  readonly verdict: Verdict;
  /** Why it was refused. */
  readonly message: Bytes | null;
  readonly hint: string | null;
}

/** The names and secrets of `auth_file` that count now; at a reload the file is taken whole or not at all. */
export class LiveAuthFile {
  #current: AuthFile;
  #report: AuthFileReport;

  private constructor(file: AuthFile) {
    this.#current = file;
    this.#report = { fileName: file.fileName, verdict: "loaded", message: null, hint: null };
  }

  /** Reads it for the first time. Never rejects. */
  static async load(
    fileName: Bytes,
  ): Promise<{ readonly file: LiveAuthFile } | { readonly message: Bytes; readonly hint: string | null }> {
    const reading = await readAuthFile(fileName);
    return "file" in reading ? { file: new LiveAuthFile(reading.file) } : reading;
  }

  get current(): AuthFile {
    return this.#current;
  }

  /** Of the last reload, or of the start. */
  get report(): AuthFileReport {
    return this.#report;
  }

  async reload(): Promise<AuthFileReport> {
    this.#report = this.#take(await readAuthFile(this.#current.fileName));
    return this.#report;
  }

  #take(reading: AuthFileReading): AuthFileReport {
    const { fileName } = this.#current;
    if (!("file" in reading)) return { fileName, verdict: "refused", ...reading };
    const verdict = reading.file.equals(this.#current) ? "unchanged" : "loaded";
    this.#current = reading.file;
    return { fileName, verdict, message: null, hint: null };
  }
}
