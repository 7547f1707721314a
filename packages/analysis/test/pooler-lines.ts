/**
 * Lines, and what PgBouncer 1.18 and Pgpool-II 4.3.5 were seen to make of each; null: they read it as PostgreSQL does, as far as can be
 * told.
 */
export const poolerLines: readonly (readonly [
  line: string,
  pgbouncer: string | null,
  pgpool: string | null,
])[] = [
  ["host d a 10.0.0.0/8 scram-sha-256", null, null],
  ["host d a 10.0.0.0 255.0.0.0 scram-sha-256", null, null],
  ["host d a all scram-sha-256", "skips all", null],
  ["host d a samenet scram-sha-256", "skips samenet", null],
  ["host d a example.com scram-sha-256", "skips example.com", null],
  ["host d a 127.1/32 scram-sha-256", "skips 127.1/32", null],
  ["host d a fe80::1%1/64 scram-sha-256", "skips fe80::1%1/64", null],
  ['host d a "10.0.0.0/8" scram-sha-256', 'skips "10.0.0.0/8"', null],
  ["host d +g 10.0.0.0/8 scram-sha-256", "skips +g", "differs +g"],
  ['host d "+g" 10.0.0.0/8 scram-sha-256', null, null],
  ["host d /^a$ 10.0.0.0/8 scram-sha-256", "differs /^a$", "differs /^a$"],
  ["host samerole a 10.0.0.0/8 scram-sha-256", "skips samerole", "differs samerole"],
  ["host replication a 10.0.0.0/8 scram-sha-256", "skips replication", "differs replication"],
  ["host d samerole 10.0.0.0/8 scram-sha-256", "skips samerole", null],
  ["host d sameuser 10.0.0.0/8 scram-sha-256", "differs sameuser", null],
  ["host sameuser a 10.0.0.0/8 scram-sha-256", null, null],
  ["hostgssenc d a 10.0.0.0/8 scram-sha-256", "skips hostgssenc", "refuses hostgssenc"],
  ["hostssl d a 10.0.0.0/8 cert", null, null],
  [
    "hostssl d a 10.0.0.0/8 scram-sha-256 clientcert=verify-full",
    "skips clientcert=verify-full",
    "refuses clientcert=verify-full",
  ],
  ["local d a peer", null, "refuses peer"],
  ["local d a ident", "skips ident", "refuses ident"],
  ["hostssl d a 10.0.0.0/8 gss", "skips gss", "refuses gss"],
  ["hostssl d a 10.0.0.0/8 pam", "skips pam", null],
  ["hostssl d a 10.0.0.0/8 pam pamservice=x", "skips pam", null],
  ["hostssl d a 10.0.0.0/8 ldap ldapserver=localhost ldapprefix=x", "skips ldap", null],
  ['"host" d a 10.0.0.0/8 scram-sha-256', 'skips "host"', null],
  ['host d a 10.0.0.0/8 "scram-sha-256"', 'skips "scram-sha-256"', null],
  ["host d a \\\n10.0.0.0/8 scram-sha-256", "skips host", "refuses host"],
];
