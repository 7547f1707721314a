/** `error`: the gate does not start, or nobody comes in. `warning`: it runs, and something is wrong. `info`: good to know. */
export type FindingSeverity = "error" | "warning" | "info";

/** The names of findings. They never change; docs/check.md has the same table for people. */
export type FindingId =
  | "setting-refused"
  | "include-skipped"
  | "include-unreadable"
  | "hba-refused"
  | "hba-warning"
  | "hba-not-enforceable"
  | "host-name-unknown"
  | "ident-refused"
  | "nothing-to-pass"
  | "ldap-line"
  | "ldap-trust"
  | "pam-service-missing"
  | "writable-by-others"
  | "readable-by-others"
  | "passfile-ignored"
  | "data-directory"
  | "node-key-refused"
  | "gate-runs"
  | "other-user"
  | "listen-address"
  | "socket-path"
  | "socket-directory"
  | "socket-held"
  | "socket-group"
  | "no-door"
  | "tls-refused"
  | "tls-certificate"
  | "no-authority"
  | "oauth-refused"
  | "oauth-no-audience"
  | "keytab-refused"
  | "auth-file-refused"
  | "auth-file-secret"
  | "upstream-refused"
  | "upstream-unreachable"
  | "upstream-host-away"
  | "upstream-version"
  | "upstream-connections"
  | "catalogue-rights"
  | "catalogue-away"
  | "catalogue-superuser"
  | "auth-query-refused"
  | "auth-file-role"
  | "auth-file-login"
  | "auth-file-differs"
  | "service-access";

export interface FindingKind {
  readonly severity: FindingSeverity;
  readonly what: string;
  readonly toDo: string;
}

/** Every kind of finding, in the order in which they are looked for. */
export const findingKinds: Readonly<Record<FindingId, FindingKind>> = {
  "setting-refused": {
    severity: "error",
    what: "A setting is unknown, has a bad value or is missing, or `sallyport.conf` cannot be read: the gateway does not start.",
    toDo: "Correct the line; the hint names the nearest name, or the values that this build accepts.",
  },
  "include-skipped": {
    severity: "info",
    what: "A file that an `include_if_exists` names is not there.",
    toDo: "Nothing, if that is meant.",
  },
  "include-unreadable": {
    severity: "warning",
    what: "A file that one of the two files includes can be opened and not read, as a directory: PostgreSQL only logs it, and goes on as if the rest of it were not there.",
    toDo: "Name a file, or correct what keeps it from being read.",
  },
  "hba-refused": {
    severity: "error",
    what: "`pg_hba.conf` does not load because of this, in PostgreSQL's words: a server or gateway does not start, and a reload is refused.",
    toDo: "Correct the line.",
  },
  "hba-warning": {
    severity: "warning",
    what: "A line of `pg_hba.conf` loads with a warning of PostgreSQL's, such as a `hostssl` line without TLS: it never matches.",
    toDo: "Correct or remove the line.",
  },
  "hba-not-enforceable": {
    severity: "error",
    what: "PostgreSQL would load the rule, and this gateway cannot carry it out: it refuses the file.",
    toDo: "Use another method or option; [differences.md](differences.md) lists what is carried out.",
  },
  "host-name-unknown": {
    severity: "warning",
    what: "The host name of a rule has no address: the rule never matches. Not asked with `--offline`.",
    toDo: "Correct the name, or its entry in DNS.",
  },
  "ident-refused": {
    severity: "warning",
    what: "`pg_ident.conf` does not load because of this: at start it counts as empty, so that no map admits anybody; a reload is refused.",
    toDo: "Correct the line.",
  },
  "nothing-to-pass": {
    severity: "warning",
    what: "With `upstream_auth = passthrough`: the method of the rule proves nothing that could be passed on, so that it admits nobody for whom the upstream asks for something. Not reported if the upstream lets the gateway in as just any role.",
    toDo: "Use a password method; or let the upstream trust the gateway for these roles, or `upstream_auth = service`: [upstream.md](upstream.md).",
  },
  "ldap-line": {
    severity: "warning",
    what: "The line has the method `ldap` and can let nobody in, whatever the directory says: no server, an impossible name of one, or a filter that cannot be read. No directory is asked.",
    toDo: "Correct the line: [methods/ldap.md](methods/ldap.md).",
  },
  "ldap-trust": {
    severity: "warning",
    what: "The line asks the directory over TLS, and OpenLDAP's configuration (ldap.conf, or `LDAPTLS_...` in the environment of this command) names nobody to trust, or asks for what the gateway does not carry out: nobody comes in.",
    toDo: "Set `TLS_CACERT` or `LDAPTLS_CACERT`, for the gateway too: [methods/ldap.md](methods/ldap.md).",
  },
  "pam-service-missing": {
    severity: "warning",
    what: "The PAM service of a rule has no file in `/etc/pam.d` or `/usr/lib/pam.d`: the service `other` decides, or nobody comes in.",
    toDo: "Make the file, or correct `pamservice`: [methods/pam.md](methods/pam.md).",
  },
  "writable-by-others": {
    severity: "warning",
    what: "A file of the gate, or a directory on the way to one, may be written by its group, by everybody, or by an owner who is neither root nor runs the gate. Who may write there decides who gets in.",
    toDo: "`chmod go-w`, or `chown`. A directory with the sticky bit, as `/tmp` has it, is not reported.",
  },
  "readable-by-others": {
    severity: "warning",
    what: "`node.key` may be read by others, who then can tell which roles do not exist.",
    toDo: "`chmod 0600`.",
  },
  "passfile-ignored": {
    severity: "warning",
    what: "The passfile has group or world access, or is no plain file: it is not used.",
    toDo: "`chmod 0600`.",
  },
  "data-directory": {
    severity: "error",
    what: "`data_directory` is missing, or cannot be written: the gateway does not start.",
    toDo: "Make it, and give it to the user that runs the gateway.",
  },
  "node-key-refused": {
    severity: "error",
    what: "`node.key` cannot be read, or has not 32 bytes: the gateway does not start.",
    toDo: "Restore it from another replica, or remove it: a new one is made at the next start.",
  },
  "gate-runs": {
    severity: "info",
    what: "The gateway of this gate runs. What was checked is what lies on the disk, not what is live.",
    toDo: "Nothing; `sallyport status -D DIR` compares the two.",
  },
  "other-user": {
    severity: "info",
    what: "The check runs as another user than the owner of the data directory: what the one may read and write, the other may not.",
    toDo: "Run it as the user that runs the gateway.",
  },
  "listen-address": {
    severity: "warning",
    what: "An entry of `listen_addresses` has no address, or one that no interface of this machine has: nobody can connect there. Names are not asked for with `--offline`.",
    toDo: "Correct the entry.",
  },
  "socket-path": {
    severity: "warning",
    what: "The path of a Unix socket is longer than the system allows: it is not made.",
    toDo: "Use a shorter directory.",
  },
  "socket-directory": {
    severity: "error",
    what: "A Unix socket's directory cannot be made or written: the gateway does not start.",
    toDo: "Make it, and give it to the user that runs the gateway.",
  },
  "socket-held": {
    severity: "error",
    what: "Another server holds the lock file of a Unix socket: the gateway does not start.",
    toDo: "Use another port or directory, or stop that server.",
  },
  "socket-group": {
    severity: "warning",
    what: "The group of `unix_socket_group` cannot be found: no Unix socket is made.",
    toDo: "Correct the setting, or make the group.",
  },
  "no-door": {
    severity: "error",
    what: "Of all addresses, or of all Unix sockets, none can be had: the gateway does not start.",
    toDo: "See the findings above it.",
  },
  "tls-refused": {
    severity: "error",
    what: "A certificate, key, list or setting of TLS cannot be used, in PostgreSQL's words: the gateway does not start, and a reload keeps the TLS that it has.",
    toDo: "Correct it.",
  },
  "tls-certificate": {
    severity: "warning",
    what: "The certificate of the gateway has expired, is not valid yet, or expires within two weeks: clients with `sslmode=verify-ca` or `verify-full` do not connect, or soon will not.",
    toDo: "Renew it, then reload.",
  },
  "no-authority": {
    severity: "warning",
    what: "A line asks for the certificate of the client, and there is no `ssl_ca_file` to check it by: nobody comes in by that line.",
    toDo: "Set `ssl_ca_file`, or correct the line.",
  },
  "oauth-refused": {
    severity: "error",
    what: "The issuer of an `oauth` line cannot be asked, as one without `https`, or a file that asking it needs cannot be used: nobody comes in by the line.",
    toDo: "Correct the line or the file; the file with the client's secret may be read by its owner alone. Whether the issuer answers is not asked.",
  },
  "oauth-no-audience": {
    severity: "warning",
    what: "The line has the validator `introspection`, and `oauth_audience` is empty: a token that the issuer made for any other service opens this gateway, too, and that service can use it here.",
    toDo: "Set `oauth_audience`, and let clients ask for tokens for it ([methods/oauth.md](methods/oauth.md)); or see to it that the scope of the line is for nothing else.",
  },
  "keytab-refused": {
    severity: "warning",
    what: "A line asks for `gss` or for GSSAPI encryption, and `krb_server_keyfile` names no keytab that can be read, by whoever asks: nobody comes in by such a line.",
    toDo: "Make the keytab, let the user of the gateway read it, and correct the setting ([methods/gss.md](methods/gss.md)).",
  },
  "auth-file-refused": {
    severity: "error",
    what: "`auth_file` cannot be read, has a mistake, or may be read by others: the gateway does not start, and a reload is refused.",
    toDo: "Correct the line; `chmod 0600`.",
  },
  "auth-file-secret": {
    severity: "warning",
    what: "A secret in `auth_file` is neither an MD5 nor a SCRAM secret, such as a password in clear: it lets nobody in.",
    toDo: "Put the secret there that the upstream stores.",
  },
  "upstream-refused": {
    severity: "error",
    what: "The connection string in `upstream` is none, or asks for what the gateway does not do; or `auth_source = upstream` would send passwords over it in clear.",
    toDo: "Correct it.",
  },
  "upstream-unreachable": {
    severity: "error",
    what: "A host of `upstream` cannot be reached, or refuses the catalogue's role, and no other host stands in for it: the gateway does not start, or lets nobody in.",
    toDo: "See the message: it is libpq's, or the server's.",
  },
  "upstream-host-away": {
    severity: "warning",
    what: "The same of one host of several, while another one answers.",
    toDo: "See the message.",
  },
  "upstream-version": {
    severity: "info",
    what: "The two files are read as one version of PostgreSQL reads them, and the upstream is of another.",
    toDo: "Nothing; of a `pg_hba.conf` that was copied from there, see whether each line still means the same.",
  },
  "upstream-connections": {
    severity: "info",
    what: "The gateway lets in more clients than the upstream has slots for ordinary roles, each client having one there; the last ones are refused by the upstream.",
    toDo: "Lower `max_connections` here, or raise it there.",
  },
  "catalogue-rights": {
    severity: "error",
    what: "The catalogue's role may not read what a login needs: nobody is let in.",
    toDo: "Run what `sallyport init --catalog-sql` prints.",
  },
  "catalogue-away": {
    severity: "error",
    what: "A host answers, and the catalogue session cannot be opened or asked all the same.",
    toDo: "See the message; often `target_session_attrs` asks for a server that is not there.",
  },
  "catalogue-superuser": {
    severity: "warning",
    what: "The catalogue's role is a superuser, and need not be: whoever takes over the gateway has the database.",
    toDo: "Use the role that `sallyport init --catalog-sql` makes.",
  },
  "auth-query-refused": {
    severity: "error",
    what: "`auth_query` cannot be run by the catalogue's role, or has not one parameter and two columns: the gateway does not start.",
    toDo: "Correct it, or run what `sallyport init --catalog-sql` prints.",
  },
  "auth-file-role": {
    severity: "warning",
    what: "A name in `auth_file` is no role of the upstream.",
    toDo: "Correct or remove the line.",
  },
  "auth-file-login": {
    severity: "info",
    what: "A name in `auth_file` is a role that may not log in upstream.",
    toDo: "Nothing, or remove the line.",
  },
  "auth-file-differs": {
    severity: "warning",
    what: "A secret in `auth_file` is not the one that the upstream has, as far as the catalogue's role may see it: what is right here may be wrong there. With `passthrough` the role cannot log in.",
    toDo: "Put the secret there that the upstream stores, then reload.",
  },
  "service-access": {
    severity: "info",
    what: "With `upstream_auth = service`: the upstream does not let the gateway in as just any role, by trust, peer or a certificate. Roles that have an entry in the passfile may come in all the same.",
    toDo: "Write the lines of the message into the upstream's files, or an entry for each role into the passfile.",
  },
};
