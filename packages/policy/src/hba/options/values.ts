import type { Bytes } from "../../bytes.ts";

/** A list as it was written and as it was understood. */
export interface ListValue {
  readonly raw: Bytes;
  readonly items: readonly Bytes[];
}

/** How far a client certificate is checked. `true` is what PostgreSQL 10 and 11 call `verify-ca`. */
export type Clientcert = "true" | "verify-ca" | "verify-full";

/** The options of a rule (manual, 20.3 and on), with the defaults that its method brings. */
export interface HbaOptions {
  readonly map?: Bytes;
  readonly clientcert?: Clientcert;
  readonly clientname?: "CN" | "DN";
  readonly includeRealm?: boolean;
  readonly krbRealm?: Bytes;
  readonly compatRealm?: boolean;
  readonly upnUsername?: boolean;
  readonly pamService?: Bytes;
  readonly pamUseHostname?: boolean;
  readonly ldapServer?: Bytes;
  readonly ldapPort?: number;
  readonly ldapScheme?: Bytes;
  readonly ldapTls?: boolean;
  readonly ldapPrefix?: Bytes;
  readonly ldapSuffix?: Bytes;
  readonly ldapBaseDn?: Bytes;
  readonly ldapBindDn?: Bytes;
  readonly ldapBindPasswd?: Bytes;
  readonly ldapSearchAttribute?: Bytes;
  readonly ldapSearchFilter?: Bytes;
  /** RFC 4511 numbers: 0 base, 1 one level, 2 subtree, 3 subordinates. */
  readonly ldapScope?: number;
  readonly radiusServers?: ListValue;
  readonly radiusSecrets?: ListValue;
  readonly radiusPorts?: ListValue;
  readonly radiusIdentifiers?: ListValue;
  readonly oauthIssuer?: Bytes;
  readonly oauthScope?: Bytes;
  readonly oauthValidator?: Bytes;
  readonly oauthDelegateIdentMapping?: boolean;
}

/** Options while their line is being read. */
export type OptionsDraft = { -readonly [Name in keyof HbaOptions]: HbaOptions[Name] };
