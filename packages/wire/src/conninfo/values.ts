import { WireError } from "../errors.ts";
import { KEYWORDS } from "./keywords.ts";

/** Keywords and values as a connection string gives them, before any default; byte strings. */
export type ConninfoValues = ReadonlyMap<string, string>;

/** @param message in libpq's words, where it has some */
export function conninfoError(message: string): WireError {
  return new WireError("invalid_conninfo", message);
}

/**
 * Adds one pair; a later one of the same name replaces an earlier one.
 *
 * @param unknown the error text for a keyword that does not exist
 */
export function storeValue(
  values: Map<string, string>,
  keyword: string,
  value: string,
  unknown: string,
): void {
  if (keyword === "requiressl") {
    // Of libpq before 7.4, and still understood.
    values.set("sslmode", value.startsWith("1") ? "require" : "prefer");
    return;
  }
  if (!KEYWORDS.has(keyword)) {
    throw conninfoError(unknown);
  }
  values.set(keyword, value);
}

/** An `int` as libpq reads it: blanks may stand around it. */
export function parseInteger(keyword: string, text: string): number {
  const value = Number(/^[\t\n\v\f\r ]*([+-]?\d{1,12})[\t\n\v\f\r ]*$/.exec(text)?.[1] ?? Number.NaN);
  if (!Number.isInteger(value) || Math.trunc(value) !== (value | 0)) {
    throw conninfoError(`invalid integer value "${text}" for connection option "${keyword}"`);
  }
  return value;
}
