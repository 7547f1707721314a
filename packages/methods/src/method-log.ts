import type { Bytes } from "@sallyport/policy";

/**
 * Takes what PostgreSQL logs by itself while a method runs, of severity LOG unless it says otherwise: trouble of the system
 * behind the method. The client hears nothing of it, and no secret is in it.
 */
export type MethodLog = (message: Bytes, more?: MethodLogFields) => void;

export interface MethodLogFields {
  readonly severity?: "LOG" | "WARNING" | "DEBUG1";
  readonly detail?: Bytes;
  readonly hint?: Bytes;
  readonly context?: Bytes;
  /** Default: that of the severity. */
  readonly sqlstate?: string;
}
