/** Connection strings, read as libpq reads them: manual, "Connection Strings". */
import { parsePairs } from "./pairs.ts";
import { parseUri } from "./uri.ts";
import type { ConninfoValues } from "./values.ts";

/**
 * Keywords and values of a connection string, which is a URI if it starts with `postgresql://` or `postgres://` and
 * a list of `key = value` pairs otherwise.
 *
 * @param conninfo a byte string
 * @throws {WireError} `invalid_conninfo`, in libpq's words
 */
export function parseConninfo(conninfo: string): ConninfoValues {
  return /^postgres(?:ql)?:\/\//.test(conninfo) ? parseUri(conninfo) : parsePairs(conninfo);
}
