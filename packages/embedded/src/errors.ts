/** What can go wrong with the embedded server; stable words for programs, the message is for people. */
export type EmbeddedErrorCode =
  | "platform_unsupported"
  | "package_missing"
  | "binaries_unusable"
  | "no_unprivileged_user"
  | "directory_unusable"
  | "directory_in_use"
  | "bad_setting"
  | "initdb_failed"
  | "start_failed"
  | "stop_failed";

export interface EmbeddedErrorFields {
  /** The longer story, usually what the server or the system said. */
  readonly detail?: string | undefined;
  /** What the reader can do about it. */
  readonly hint?: string | undefined;
  /** The process that stands in the way, for `directory_in_use`. */
  readonly pid?: number | undefined;
  readonly cause?: unknown;
}

/** The one error of this package. It never holds a secret: the embedded server has none. */
export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly pid: number | undefined;

  constructor(code: EmbeddedErrorCode, message: string, fields: EmbeddedErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = "EmbeddedError";
    this.code = code;
    this.detail = fields.detail;
    this.hint = fields.hint;
    this.pid = fields.pid;
  }
}

/** The `code` of a system error (`ENOENT`, …), or undefined for any other value. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
