import type { Bytes } from "../bytes.ts";
import type { Ip } from "../ip.ts";
import type { RegexPattern } from "../regex/index.ts";
import type { Line } from "../text/line.ts";
import type { Field, Token } from "../text/token.ts";
import type { Method } from "./method.ts";
import type { HbaOptions } from "./options/values.ts";

/** The record types of `pg_hba.conf` (manual, 20.1). */
export type ConnectionType = "local" | "host" | "hostssl" | "hostnossl" | "hostgssenc" | "hostnogssenc";

/** A name that means itself. */
export interface LiteralPattern {
  readonly kind: "literal";
  readonly name: Bytes;
  readonly token: Token;
}

/** One element of the database column. `samegroup` is read as `samerole`. */
export type DatabasePattern =
  | { readonly kind: "all" | "sameuser" | "samerole" | "replication"; readonly token: Token }
  | LiteralPattern
  | RegexPattern;

/** One element of the user column; `member` is `+name`. */
export type UserPattern =
  | { readonly kind: "all"; readonly token: Token }
  | { readonly kind: "member"; readonly name: Bytes; readonly token: Token }
  | LiteralPattern
  | RegexPattern;

/** The address column and, where there is one, the mask column. */
export type AddressPattern =
  | { readonly kind: "all" | "samehost" | "samenet" }
  | { readonly kind: "network"; readonly ip: Ip; readonly mask: Ip }
  /** A name, or with a leading dot the end of one. */
  | { readonly kind: "hostname"; readonly name: Bytes };

/** The tokens that a rule was read from, column by column, for carets. */
export interface RuleColumns {
  readonly type: Token;
  readonly database: Field;
  readonly user: Field;
  readonly address: Token | null;
  readonly mask: Token | null;
  readonly method: Token;
  readonly options: readonly Token[];
}

/** One rule of `pg_hba.conf`, read and checked. */
export interface HbaRule {
  /** As in `pg_hba_file_rules`; null if the server loads the line with a warning. */
  readonly ruleNumber: number | null;
  /** Where it stands, as the view says. */
  readonly fileName: Bytes;
  readonly lineNumber: number;
  readonly line: Line;
  readonly type: ConnectionType;
  readonly databases: readonly DatabasePattern[];
  readonly users: readonly UserPattern[];
  /** Null for `local`. */
  readonly address: AddressPattern | null;
  /** `ident` on a `local` line is `peer`. */
  readonly method: Method;
  readonly options: HbaOptions;
  readonly columns: RuleColumns;
}
