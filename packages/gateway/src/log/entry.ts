import type { Bytes } from "@sallyport/policy";
import type { ProcessFacts, SessionFacts } from "./line-prefix.ts";
import type { Severity } from "./severity.ts";

/** What may stand below a message. All texts are byte strings, since they quote names in any encoding. */
export interface LogFields {
  readonly detail?: Bytes | undefined;
  readonly hint?: Bytes | undefined;
  readonly context?: Bytes | undefined;
  readonly sqlstate?: string | undefined;
  /** Facts that only a gateway has: in `jsonlog` an object under the key `sallyport`, else not shown. */
  readonly sallyport?: GatewayFacts | undefined;
}

/** Keys are ours, in snake_case; values may quote what a client sent. */
export type GatewayFacts = Readonly<Record<string, Bytes | number | boolean | null>>;

/** One message of the log with all that is known about it, before it has a form. */
export interface LogEntry {
  readonly time: Date;
  readonly severity: Severity;
  readonly sqlstate: string;
  readonly message: Bytes;
  readonly fields: LogFields;
  readonly process: ProcessFacts;
  /** Null: the message is about no session. */
  readonly session: SessionFacts | null;
}
