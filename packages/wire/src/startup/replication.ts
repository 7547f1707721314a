/** The `replication` startup parameter: manual, "Streaming Replication Protocol". */

/** `true` physical, `"database"` logical. */
export type Replication = false | true | "database";

/**
 * What all `replication` parameters of a packet say together.
 *
 * PostgreSQL keeps two flags, walsender and logical, and no later value takes the second back: `database` and then
 * `true` is logical, `database` and then `false` is no replication at all.
 *
 * @returns the first value that is none, with its text
 */
export function parseReplication(values: readonly string[]): Replication | { readonly invalid: string } {
  let walsender = false;
  let logical = false;
  for (const value of values) {
    const flag = value === "database" ? true : parseBoolean(value);
    if (flag === null) {
      return { invalid: value };
    }
    walsender = flag;
    logical ||= value === "database";
  }
  return walsender && logical ? "database" : walsender;
}

/**
 * A boolean as PostgreSQL's settings take it: prefixes of true, false, yes, no; on, off (and `of`), 1, 0; in any
 * case, without blanks. `o` alone is ambiguous.
 */
function parseBoolean(text: string): boolean | null {
  const word = text.toLowerCase();
  if (word === "") {
    return null;
  }
  if (word === "1" || word === "on" || "true".startsWith(word) || "yes".startsWith(word)) {
    return true;
  }
  if (word === "0" || word === "of" || word === "off" || "false".startsWith(word) || "no".startsWith(word)) {
    return false;
  }
  return null;
}
