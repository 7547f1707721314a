import { parseIpv4, parseIpv6 } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { Column } from "./columns.ts";

/** `pg_hba.conf` or `pg_ident.conf`. */
export type FileKind = "hba" | "ident";

/** A column of the table that a file is laid out as. Widths are in characters. */
export interface Slot {
  /** As wide as in the sample file that comes with PostgreSQL. */
  readonly least: number;
  /** What is as long as this, or longer, runs over into the next columns rather than moving them for everybody. */
  readonly most: number;
  /** Lines that have nothing here leave no room for it. */
  readonly optional?: true;
}

/** The columns of both files, as their sample files have them: `local` lines leave the address empty. */
export const slotsOf: Readonly<Record<FileKind, readonly Slot[]>> = {
  hba: [
    { least: 8, most: 24 }, // type
    { least: 16, most: 40 }, // database
    { least: 16, most: 40 }, // user
    { least: 24, most: 48 }, // address
    { least: 0, most: 48, optional: true }, // mask
    { least: 0, most: 24 }, // method
    { least: 0, most: 0, optional: true }, // options
  ],
  ident: [
    { least: 16, most: 40 }, // map
    { least: 24, most: 48 }, // system user
    { least: 0, most: 40 }, // database user
    { least: 0, most: 0, optional: true }, // what the server ignores
  ],
};

const directives: ReadonlySet<Bytes> = new Set(["include", "include_if_exists", "include_dir"]);

/** Two columns, the first of them such a word: the server looks at nothing else. */
export function isDirective(columns: readonly Column[]): boolean {
  return columns.length === 2 && directives.has(columns[0]?.tokens[0]?.text ?? "");
}

/**
 * Puts the columns of a line into the slots of its file; empty: it has nothing there. This decides about blanks alone, so that it
 * need not know what an `@file` puts in its place.
 */
export function cellsOf(kind: FileKind, columns: readonly Column[]): Bytes[] {
  const written = columns.map((column) => column.written);
  const rest = (from: number): Bytes => written.slice(from).join(" ");
  const [first = "", second = "", third = "", fourth = "", fifth = "", sixth = ""] = written;
  if (kind === "ident") return [first, second, third, rest(3)];
  if (isLocal(columns)) return [first, second, third, "", "", fourth, rest(4)];
  if (hasMask(columns)) return [first, second, third, fourth, fifth, sixth, rest(6)];
  return [first, second, third, fourth, "", fifth, rest(5)];
}

function isLocal([type]: readonly Column[]): boolean {
  return type?.tokens[0]?.text === "local";
}

/** A number without a prefix length has its mask in the next column. */
function hasMask([, , , address]: readonly Column[]): boolean {
  const text = address?.tokens[0]?.text ?? "";
  return parseIpv4(text) !== null || parseIpv6(text.replace(/%.*$/, "")) !== null;
}

const hbaHeading =
  /^(#[ \t]*TYPE)[ \t]+(DATABASE)[ \t]+(USER|ROLE)[ \t]+(\S*ADDRESS)(?:[ \t]+(\S*MASK))?[ \t]+(\S*METHOD)(?:[ \t]+(\S*OPTIONS?\S*))?[ \t]*$/i;
const identHeading = /^(#[ \t]*MAP-?NAME)[ \t]+(SYSTEM-\S+)[ \t]+((?:PG|DATABASE|POSTGRES)-?\S+)[ \t]*$/i;

/** The cells of a comment that names the columns, as the sample files have it; null: it is another comment. */
export function headingCells(kind: FileKind, comment: Bytes): Bytes[] | null {
  const found = (kind === "hba" ? hbaHeading : identHeading).exec(comment);
  if (!found) return null;
  const cells = found.slice(1).map((cell) => cell ?? "");
  return [(cells[0] ?? "").replace(/[ \t]+/, " "), ...cells.slice(1)];
}
