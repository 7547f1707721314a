import type { Bytes, Regex } from "@sallyport/policy";
import { everyLane, ordinary, tcp } from "./lanes.ts";
import type { Lanes } from "./lanes.ts";

/**
 * What a column may ask beside names and addresses.
 *
 * - `sameuser`: the database is named like the role; `samerole`: the role is a member of one named like the database;
 * - `member`: of a group whose members are not known;
 * - `role`, `database`: the name matches a regular expression;
 * - `host`: the client's verified name fits this one, which is in lower case;
 * - `samehost`, `samenet`: of a server whose addresses are not known.
 */
export type Atom =
  | { readonly kind: "sameuser" | "samerole" | "samehost" | "samenet" }
  | { readonly kind: "member"; readonly group: Bytes }
  | { readonly kind: "role" | "database"; readonly regex: Regex }
  | { readonly kind: "host"; readonly name: Bytes };

/** An atom that holds, or does not. */
export interface Literal {
  readonly atom: Atom;
  readonly holds: boolean;
}

/** Literals by the keys of their atoms. */
export type Literals = ReadonlyMap<string, Literal>;

export const noLiterals: Literals = new Map();

/** Equal for atoms that ask the same: these columns have regular expressions from PostgreSQL 16 on only, and all read them alike. */
export function keyOf(atom: Atom): string {
  switch (atom.kind) {
    case "member":
      return `member ${atom.group}`;
    case "role":
    case "database":
      return `${atom.kind} ${atom.regex.pattern}`;
    case "host":
      return `host ${atom.name}`;
    case "sameuser":
    case "samerole":
    case "samehost":
    case "samenet":
      return atom.kind;
  }
}

/** Where an atom matters: a socket has no address, and physical replication no database. */
export function lanesOfAtom({ kind }: Atom): Lanes {
  switch (kind) {
    case "sameuser":
    case "samerole":
    case "database":
      return ordinary;
    case "host":
    case "samehost":
    case "samenet":
      return tcp;
    case "member":
    case "role":
      return everyLane;
  }
}

export function literals(...list: readonly Literal[]): Literals {
  return new Map(list.map((literal) => [keyOf(literal.atom), literal]));
}
