import type { AddressPart, Answer, Kind, Name } from "@sallyport/analysis";
import { utf8Text } from "@sallyport/policy";
import { printable } from "./printable.ts";

const others: Readonly<Record<Exclude<Name["is"], "named">, string>> = {
  other: "(any other)",
  own: "(sameuser)",
  replication: "(replication)",
};

/** A role or a database, as it is shown; what is no name stands in parentheses. */
export function nameWords({ is, name }: Name): string {
  return is === "named" ? printable(utf8Text(name)) : others[is];
}

/** The record type of `pg_hba.conf` that is about just these ways. */
export function typeWords(kinds: readonly Kind[], possible: readonly Kind[]): string {
  if (kinds.includes("local")) return "local";
  const [ssl, gss] = [kinds.includes("ssl"), kinds.includes("gss")];
  if (!kinds.includes("plain"))
    return [ssl ? "hostssl" : "", gss ? "hostgssenc" : ""].filter(Boolean).join(", ");
  const [noSsl, noGss] = [!ssl && possible.includes("ssl"), !gss && possible.includes("gss")];
  if (noSsl && noGss) return "host, plain";
  return noSsl ? "hostnossl" : noGss ? "hostnogssenc" : "host";
}

const mostExcepted = 4;

/** Addresses in PostgreSQL's forms. `all` is all of both families. */
export function addressWords(parts: readonly AddressPart[]): string[] {
  const [four, six, ...more] = parts;
  const isAll = four?.network === "0.0.0.0/0" && six?.network === "::/0" && more.length === 0;
  if (!isAll) return parts.map(({ network, except }) => `${utf8Text(network)}${exceptWords(except)}`);
  return [`all${exceptWords([...four.except, ...six.except], " but ")}`];
}

function exceptWords(except: readonly string[], but = " but not "): string {
  if (except.length === 0) return "";
  return but + (except.length > mostExcepted ? `${except.length} networks in it` : except.join(", "));
}

const barriers: Readonly<Record<NonNullable<Answer["barrier"]>, string>> = {
  no_role: "the role does not exist",
  no_login: "no LOGIN",
  no_replication: "no REPLICATION",
  no_database: "the database does not exist",
  no_connections: "the database accepts no connections",
  no_connect: "no CONNECT",
};

/** What keeps the role out in spite of its rule; empty: nothing that is known of. */
export function barrierWords({ barrier }: Answer): string {
  return barrier === null ? "" : `then refused: ${barriers[barrier]}`;
}
