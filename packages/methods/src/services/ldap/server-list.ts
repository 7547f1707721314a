import { isIP } from "node:net";
import type { Bytes, HbaOptions } from "@sallyport/policy";
import { LdapFailure } from "./failure.ts";
import { apiError } from "./result-codes.ts";

/** One server to ask. */
export interface LdapServer {
  /** A name, or an address without brackets. */
  readonly host: Bytes;
  readonly port: number;
  /** TLS from the first byte on (`ldaps`). */
  readonly tls: boolean;
}

type ServerOptions = Pick<HbaOptions, "ldapServer" | "ldapPort" | "ldapScheme">;

/**
 * The servers of `ldapserver`, which PostgreSQL makes URLs of, `SCHEME://HOST:PORT`, for OpenLDAP to read. An address of
 * IPv6 therefore needs its brackets, and a host that brings a port of its own makes no URL.
 *
 * @throws {LdapFailure} "Bad parameter to an ldap routine"
 */
export function serverList({
  ldapServer = "",
  ldapPort = 0,
  ldapScheme = "ldap",
}: ServerOptions): LdapServer[] {
  const port = ldapPort === 0 ? (ldapScheme === "ldaps" ? 636 : 389) : ldapPort;
  return ldapServer
    .replace(/ +$/, "")
    .split(/ +/)
    .map((host) => ldapServerOf(ldapScheme, host, port));
}

/** Those that the name service told of: each has its own port. @throws {LdapFailure} as above */
export function discoveredServers(
  records: readonly { readonly name: Bytes; readonly port: number }[],
  { ldapScheme = "ldap" }: ServerOptions,
): LdapServer[] {
  return records.map(({ name, port }) => ldapServerOf(ldapScheme, name, port));
}

function ldapServerOf(scheme: Bytes, text: Bytes, port: number): LdapServer {
  const name = scheme.toLowerCase();
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1];
  const host = bracketed ?? text;
  const good = bracketed === undefined ? /^[\w.~!$&'()*+,;=-]+$/.test(host) : isIP(host) === 6;
  if ((name !== "ldap" && name !== "ldaps") || !good) throw new LdapFailure(apiError.paramError);
  return { host, port, tls: name === "ldaps" };
}
