import type { Bytes } from "../../bytes.ts";
import type { Asker } from "../../disk.ts";
import type { Token } from "../../text/token.ts";
import type { Method } from "../method.ts";
import type { Mistake } from "../../mistake.ts";
import type { Dialect } from "../../versions/dialect.ts";
import type { OptionsDraft } from "./values.ts";

/** The line that an option is set on. */
export interface OptionSite {
  readonly method: Method;
  readonly token: Token;
  readonly asker: Asker;
  readonly dialect: Dialect;
  /** Takes note of what the server only logs. */
  readonly warn: (logged: Bytes) => void;
}

/** Understands a value and notes it in the draft, or says what is wrong with it. */
export type OptionSetter = (draft: OptionsDraft, value: Bytes, site: OptionSite) => Mistake | null;
