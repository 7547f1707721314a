import type { Bytes } from "./bytes.ts";
import type { HbaFile } from "./hba/file.ts";
import type { HbaOptions, ListValue } from "./hba/options/values.ts";
import type { HbaRule } from "./hba/rule.ts";
import type { IdentFile } from "./ident/file.ts";
import { formatIp } from "./ip.ts";
import type { Field } from "./text/token.ts";
import type { Dialect } from "./versions/dialect.ts";

/** A row of `pg_hba_file_rules` (manual, 53.10). Byte strings throughout. */
export interface HbaFileRule {
  /** The first two columns came with PostgreSQL 16. */
  readonly rule_number?: number | null;
  readonly file_name?: Bytes;
  readonly line_number: number;
  readonly type: Bytes | null;
  readonly database: readonly Bytes[] | null;
  readonly user_name: readonly Bytes[] | null;
  readonly address: Bytes | null;
  readonly netmask: Bytes | null;
  readonly auth_method: Bytes | null;
  readonly options: readonly Bytes[] | null;
  readonly error: Bytes | null;
}

/** A row of `pg_ident_file_mappings` (manual, 53.11). Byte strings throughout. */
export interface IdentFileMapping {
  /** The first two columns came with PostgreSQL 16. */
  readonly map_number?: number | null;
  readonly file_name?: Bytes;
  readonly line_number: number;
  readonly map_name: Bytes | null;
  readonly sys_name: Bytes | null;
  readonly pg_username: Bytes | null;
  readonly error: Bytes | null;
}

/** What `select * from pg_hba_file_rules` returns for this file. */
export function hbaFileRules({ entries, profile: { dialect } }: HbaFile): HbaFileRule[] {
  return entries.map(({ line, ruleNumber, rule, error }) => ({
    ...(dialect.viewNumbers ? { rule_number: ruleNumber, file_name: line.file } : {}),
    line_number: line.number,
    ...(rule ? ruleColumns(rule, dialect) : noColumns),
    error,
  }));
}

/** What `select * from pg_ident_file_mappings` returns for this file; before PostgreSQL 15, which has it, the same. */
export function identFileMappings({ entries, profile: { dialect } }: IdentFile): IdentFileMapping[] {
  return entries.map(({ line, mapping, error }) => ({
    ...(dialect.viewNumbers ? { map_number: mapping?.mapNumber ?? null, file_name: line.file } : {}),
    line_number: line.number,
    map_name: mapping?.mapName ?? null,
    sys_name: mapping?.systemUser.token.text ?? null,
    pg_username: mapping?.databaseUser.token.text ?? null,
    error,
  }));
}

type RuleColumns = Omit<HbaFileRule, "rule_number" | "file_name" | "line_number" | "error">;

const noColumns: RuleColumns = {
  type: null,
  database: null,
  user_name: null,
  address: null,
  netmask: null,
  auth_method: null,
  options: null,
};

/** The columns of one rule, as the view shows them. */
export function ruleColumns(rule: HbaRule, dialect: Dialect): RuleColumns {
  const { address } = rule;
  const network = address?.kind === "network" ? address : null;
  const options = shownOptions(rule.options, dialect);
  return {
    type: rule.type,
    database: texts(rule.columns.database),
    user_name: texts(rule.columns.user),
    address: network
      ? formatIp(network.ip)
      : address?.kind === "hostname"
        ? address.name
        : (address?.kind ?? null),
    netmask: network && formatIp(network.mask),
    auth_method: rule.method,
    options: options.length > 0 ? options : null,
  };
}

function texts(field: Field): Bytes[] {
  return field.map((token) => token.text);
}

/** The options in the view's order. Several are never shown: `clientname` and booleans that are false. */
function shownOptions(options: HbaOptions, { ldapSchemeShown }: Dialect): Bytes[] {
  const shown: readonly (readonly [name: string, value: Bytes | ListValue | number | boolean | undefined])[] =
    [
      ["include_realm", options.includeRealm],
      ["krb_realm", options.krbRealm],
      ["map", options.map],
      ["clientcert", options.clientcert],
      ["pamservice", options.pamService],
      ["ldapserver", options.ldapServer],
      ["ldapport", options.ldapPort],
      ["ldapscheme", ldapSchemeShown && options.ldapScheme],
      ["ldaptls", options.ldapTls],
      ["ldapprefix", options.ldapPrefix],
      ["ldapsuffix", options.ldapSuffix],
      ["ldapbasedn", options.ldapBaseDn],
      ["ldapbinddn", options.ldapBindDn],
      ["ldapbindpasswd", options.ldapBindPasswd],
      ["ldapsearchattribute", options.ldapSearchAttribute],
      ["ldapsearchfilter", options.ldapSearchFilter],
      ["ldapscope", options.ldapScope],
      ["radiusservers", options.radiusServers],
      ["radiussecrets", options.radiusSecrets],
      ["radiusidentifiers", options.radiusIdentifiers],
      ["radiusports", options.radiusPorts],
      ["issuer", options.oauthIssuer],
      ["scope", options.oauthScope],
      ["validator", options.oauthValidator],
      ["delegate_ident_mapping", options.oauthDelegateIdentMapping],
    ];
  return shown.flatMap(([name, value]) => {
    if (value === undefined || value === false || value === 0) return [];
    return [`${name}=${typeof value === "object" ? value.raw : String(value)}`];
  });
}
