import type { FindingKind } from "./kind.ts";

/** How clients prove who they are. */
export type MethodFindingId =
  | "trust-remote"
  | "trust-local"
  | "cleartext-password"
  | "password-method"
  | "md5-remote"
  | "md5-local"
  | "ident-remote"
  | "ldap-no-tls"
  | "realm-unchecked"
  | "superuser-group";

const cisHost = 'CIS PostgreSQL Benchmark: Ensure login via "host" TCP/IP Socket is configured correctly';
const cisLocal =
  'CIS PostgreSQL Benchmark: Ensure login via "local" UNIX Domain Socket is configured correctly';
const stigOlder = "DISA STIG Crunchy Data PostgreSQL: V-233519";
const stigPasswords = ["DISA STIG Crunchy Data Postgres 16: CD16-00-003900 (V-261892)", stigOlder];

export const methodKinds: Readonly<Record<MethodFindingId, FindingKind>> = {
  "trust-remote": {
    severity: "warning",
    what: "`trust` for addresses beyond this machine: whoever has such an address is whoever he says he is. Not reported with `clientcert=verify-full`, which names the client.",
    toDo: "Use `scram-sha-256`, `cert`, or another method that proves something.",
    references: [cisHost],
  },
  "trust-local": {
    severity: "info",
    what: "`trust` on the Unix socket or the loopback: every user and every program of this machine is whoever it says it is.",
    toDo: "Use `peer` on the socket, and `scram-sha-256` on the loopback.",
    references: [cisLocal, cisHost],
  },
  "cleartext-password": {
    severity: "warning",
    what: "The method has the client send its password as it is, and the line lets it come from afar without TLS. Not reported behind a line `hostnossl all all all reject`; of physical replication, behind `hostnossl replication all all reject`.",
    toDo: "Write `hostssl`, or use `scram-sha-256`.",
    references: [cisHost, ...stigPasswords],
  },
  "password-method": {
    severity: "info",
    what: "`password` from afar, over an encrypted connection: the server itself gets to know the password.",
    toDo: "Use `scram-sha-256`.",
    references: [cisHost, ...stigPasswords],
  },
  "md5-remote": {
    severity: "warning",
    what: "`md5` for addresses beyond this machine: who listens can guess the password, and who has the stored hash needs no password. Roles with a SCRAM secret use SCRAM on such a line. Not reported if the role catalogue knows no MD5 secret.",
    toDo: "Set `password_encryption = scram-sha-256`, have each password set anew, then write `scram-sha-256`.",
    references: [stigOlder],
  },
  "md5-local": {
    severity: "info",
    what: "The same on the Unix socket or the loopback.",
    toDo: "The same.",
    references: [stigOlder],
  },
  "ident-remote": {
    severity: "warning",
    what: "`ident` for addresses beyond this machine: the client's machine says who its user is, and whoever owns that machine may have it say anything.",
    toDo: "Use a method that proves something.",
    references: [cisHost],
  },
  "ldap-no-tls": {
    severity: "warning",
    what: "The password goes on to the directory without TLS. Not reported if the directory is on this machine.",
    toDo: "Write `ldaptls=1`, or `ldapscheme=ldaps`.",
  },
  "realm-unchecked": {
    severity: "warning",
    what: "The realm is cut off (`include_realm=0`), and `krb_realm` does not say which one it must be: `alice` of any realm that this one trusts is `alice`. A map sees the name without its realm, too.",
    toDo: "Set `krb_realm`; or leave `include_realm=1`, and cut the realm off in a map.",
  },
  "superuser-group": {
    severity: "info",
    what: "With `--roles`: superusers are members of a group that a line lets in.",
    toDo: "Let superusers in by a line of their own, if at all.",
  },
};
