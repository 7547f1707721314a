import type { Bytes } from "../bytes.ts";
import type { ConnectionType } from "../hba/rule.ts";
import type { Method } from "../hba/method.ts";
import type { Clientcert } from "../hba/options/values.ts";

/**
 * All in which versions of PostgreSQL differ about the two files. What a key holds for which version stands in
 * `history.ts`, and nowhere else does the package ask for a version.
 */
export interface Dialect {
  // Physical lines (manual, 20.1)
  /** A backslash at the very end joins the next line. */
  readonly continuation: boolean;
  /** The most bytes of a physical line, its newline included; one that is longer is an error, and its rest a line of its own. Null: there is no limit. */
  readonly longestLine: number | null;
  /** A file that opens and cannot be read is an error; otherwise only the log tells, and what was not read is absent. */
  readonly readErrorCounts: boolean;

  // Tokens and includes
  readonly carriageReturnIsBlank: boolean;
  /** The most bytes of a token; the rest of a line with a longer one is dropped. Null: there is no limit. */
  readonly longestToken: number | null;
  /** `include`, `include_if_exists` and `include_dir`. */
  readonly includes: boolean;
  /** How deep files may include each other, the main file being 0. */
  readonly deepestFile: number;
  /** `.` and `..` are taken out of the whole path of an included file; otherwise only out of its end. */
  readonly dotsResolved: boolean;
  /** The view's text, and the log's, for an `@file` or include that cannot be opened. */
  readonly includeError: (file: { readonly name: Bytes; readonly path: Bytes }, reason: Bytes) => Bytes;
  /** What the two main files are called where they cannot be opened. */
  readonly mainFile: { readonly hba: string; readonly ident: string };
  /** What is wrong with tokens, includes and regular expressions of maps has a CONTEXT in the log: the line, and those whose includes led there. */
  readonly everyErrorHasContext: boolean;

  // Records of pg_hba.conf
  readonly connectionTypes: readonly ConnectionType[];
  readonly methods: readonly Method[];
  /** `/regex` in the database and user columns, and in the database-user column of pg_ident.conf. */
  readonly namePatterns: boolean;
  /** hostgssenc takes only gss, trust and reject. */
  readonly gssencNeedsGss: boolean;
  /** `md5` is refused while the setting db_user_namespace is on. */
  readonly userNamespaces: boolean;
  readonly sslOffHint: Bytes;
  readonly noGssHint: Bytes | null;

  // Options of pg_hba.conf
  /** Their names. */
  readonly options: readonly string[];
  /** `validator.NAME=value` on oauth lines. */
  readonly validatorOptions: boolean;
  /** What the words of clientcert mean; `other`: what any other word means, null: that it is a mistake. */
  readonly clientcert: {
    readonly words: ReadonlyMap<Bytes, Clientcert | "off">;
    readonly other: "off" | null;
  };
  /** What `cert` lines do not take, and how they refuse it in the view and in the log. */
  readonly certRefuses: {
    readonly value: Clientcert | "off";
    readonly shown: Bytes;
    readonly logged: Bytes;
  };
  /** What `cert` itself sets. */
  readonly certSets: Clientcert;
  /** Is `ldapserver` required where no URL or base DN leads to one? */
  readonly ldapServerRequired: boolean;
  readonly ldapMixedModes: Bytes;
  /** An LDAP URL may say `ldaps`. */
  readonly ldapsUrls: boolean;
  /** An LDAP URL may have a filter. */
  readonly ldapUrlFilters: boolean;
  /** The view shows `ldapscheme`. */
  readonly ldapSchemeShown: boolean;
  /** The entry that a search found is bound as on the connection of the search, and not on a new one. */
  readonly ldapRebinds: boolean;
  /** The log shows what an LDAP server says about a failure. */
  readonly ldapDiagnosticsLogged: boolean;
  /** In lists such as `radiussecrets` a vertical tab separates as a blank does. */
  readonly verticalTabIsBlank: boolean;
  /** Wrong numbers of RADIUS secrets, ports and identifiers are told in the view, not only in the log. */
  readonly radiusCountsShown: boolean;
  readonly oauthWords: OauthWords;
  /** Why a token is refused stands in the DETAIL of the failure, and a client that asks for the issuer is not logged. */
  readonly oauthReasonWithFailure: boolean;

  // Loading, and the views
  /** The columns rule_number, map_number and file_name. */
  readonly viewNumbers: boolean;
  readonly identView: boolean;
  /** How messages about loading call a file: its full path, or just `pg_hba.conf`. */
  readonly loadNamesPath: boolean;
  /** pg_ident.conf: `missing entry in file "FILE" at end of line N` in the log. */
  readonly missingEntryNamesFile: boolean;

  // Regular expressions
  /** `[[:word:]]`. */
  readonly wordClass: boolean;
  /** `\D`, `\S` and `\W` inside brackets. */
  readonly complementsInBrackets: boolean;
  /** `\D` and `\W` match a newline in newline-sensitive mode. `\S` never does. */
  readonly complementsMatchNewline: boolean;
  /** `\w` inside brackets reads as `[:alnum:]_`, so that `[\w-z]` has a range from `_` to `z`. */
  readonly wordEscapeIsText: boolean;
  /** `\1` repeats the constraints of its group, too: `(^a)\1` never matches. */
  readonly referencesKeepConstraints: boolean;

  // Decisions
  /** How a refusal tells of encryption. */
  readonly encryptionWords: {
    readonly none: Bytes;
    readonly ssl: Bytes;
    readonly gss: Bytes;
    /** A build without SSL says nothing. */
    readonly onlyWithSsl: boolean;
  };
  /** A refusal calls a logical walsender a replication connection. */
  readonly logicalIsReplication: boolean;
  /** The log's DETAIL of a refusal names the file. */
  readonly matchedFileNamed: boolean;
  /** The FATAL of a walsender whose role is neither a superuser nor has REPLICATION. */
  readonly walSenderRefused: Bytes;
  /** The default of password_encryption: how `md5` asks a role that has no secret. */
  readonly passwordEncryption: PasswordEncryption;

  // User name maps
  /** `all` and `+role` in the database-user column mean what they mean in pg_hba.conf. */
  readonly mapKeywords: boolean;
  /** Every `\1` is replaced, not only the first. */
  readonly everyBackReference: boolean;
}

/** The messages of oauth lines that were reworded. */
export interface OauthWords {
  readonly noLibraries: Bytes;
  readonly severalLibraries: Bytes;
  /** How a validator that is not among them is told of them. */
  readonly libraries: Bytes;
}

/** How a password is kept, and so how it can be asked for. */
export type PasswordEncryption = "md5" | "scram-sha-256";
