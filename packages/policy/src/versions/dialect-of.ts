import type { Dialect } from "./dialect.ts";
import { history } from "./history.ts";
import type { History } from "./history.ts";
import { isFrom } from "./version.ts";
import type { Version } from "./version.ts";

/** How a release of PostgreSQL reads the files. */
export function dialectOf(version: Version): Dialect {
  const at = <T>(changes: History<T>): T => {
    const [, value] = changes.reduce((held, change) => (isFrom(version, change[0]) ? change : held));
    return value;
  };
  const entries = Object.entries(history).map(([name, changes]) => [name, at<unknown>(changes)]);
  return Object.fromEntries(entries) as Dialect;
}
