import type { Bytes } from "../../bytes.ts";
import { methods } from "../method.ts";
import type { Method } from "../method.ts";
import { setLdapPort, setLdapScheme, setLdapUrl } from "./ldap.ts";
import { setRadiusIdentifiers, setRadiusPorts, setRadiusSecrets, setRadiusServers } from "./radius.ts";
import type { Dialect } from "../../versions/dialect.ts";
import type { OptionSetter, OptionSite } from "./setter.ts";
import type { HbaOptions, OptionsDraft } from "./values.ts";
import { mistake, silentMistake } from "../../mistake.ts";
import type { Mistake } from "../../mistake.ts";

export interface OptionEntry {
  /** The methods that take it; `hostssl`: any method, on rows of that type. */
  readonly on: readonly Method[] | "hostssl";
  readonly set: OptionSetter;
}

const gssapi = ["gss", "sspi"] as const;

/** Every option of `pg_hba.conf`: the one place that says what takes it and what its value means. */
const options: Readonly<Record<string, OptionEntry>> = {
  map: { on: ["ident", "peer", "gss", "sspi", "cert", "oauth"], set: text("map") },
  clientcert: { on: "hostssl", set: setClientcert },
  clientname: { on: "hostssl", set: setClientname },
  include_realm: { on: gssapi, set: flag("includeRealm") },
  krb_realm: { on: gssapi, set: text("krbRealm") },
  compat_realm: { on: ["sspi"], set: flag("compatRealm") },
  upn_username: { on: ["sspi"], set: flag("upnUsername") },
  pamservice: { on: ["pam"], set: text("pamService") },
  pam_use_hostname: { on: ["pam"], set: flag("pamUseHostname") },
  ldapurl: { on: ["ldap"], set: setLdapUrl },
  ldapserver: { on: ["ldap"], set: text("ldapServer") },
  ldapport: { on: ["ldap"], set: setLdapPort },
  ldapscheme: { on: ["ldap"], set: setLdapScheme },
  ldaptls: { on: ["ldap"], set: flag("ldapTls") },
  ldapprefix: { on: ["ldap"], set: text("ldapPrefix") },
  ldapsuffix: { on: ["ldap"], set: text("ldapSuffix") },
  ldapbasedn: { on: ["ldap"], set: text("ldapBaseDn") },
  ldapbinddn: { on: ["ldap"], set: text("ldapBindDn") },
  ldapbindpasswd: { on: ["ldap"], set: text("ldapBindPasswd") },
  ldapsearchattribute: { on: ["ldap"], set: text("ldapSearchAttribute") },
  ldapsearchfilter: { on: ["ldap"], set: text("ldapSearchFilter") },
  radiusservers: { on: ["radius"], set: setRadiusServers },
  radiussecrets: { on: ["radius"], set: setRadiusSecrets },
  radiusports: { on: ["radius"], set: setRadiusPorts },
  radiusidentifiers: { on: ["radius"], set: setRadiusIdentifiers },
  issuer: { on: ["oauth"], set: text("oauthIssuer") },
  scope: { on: ["oauth"], set: text("oauthScope") },
  validator: { on: ["oauth"], set: text("oauthValidator") },
  delegate_ident_mapping: { on: ["oauth"], set: flag("oauthDelegateIdentMapping") },
};

/** `validator.NAME`: what is given to the validator itself, and shown nowhere. */
const forValidator: OptionEntry = { on: ["oauth"], set: checkValidatorOption };

/** The option of that name, if that version of PostgreSQL has it. */
export function findOption(name: Bytes, dialect: Dialect): OptionEntry | undefined {
  if (dialect.options.includes(name)) return options[name];
  return dialect.validatorOptions && name.startsWith(validatorPrefix) ? forValidator : undefined;
}

/** The methods that take an option, as the server's messages list them. */
export function methodList(on: readonly Method[], dialect: Dialect): string {
  const labels = on
    .filter((method) => dialect.methods.includes(method))
    .map((method) => methods[method].label ?? method);
  if (labels.length < 3) return labels.join(" and ");
  return `${labels.slice(0, -1).join(", ")}, and ${labels.slice(-1).join()}`;
}

type NamesOf<T> = {
  [Name in keyof HbaOptions]-?: T extends HbaOptions[Name] ? Name : never;
}[keyof HbaOptions];

function text(name: NamesOf<Bytes>): OptionSetter {
  return (draft, value) => {
    Object.assign(draft, { [name]: value });
    return null;
  };
}

/** Only `1` is true; anything else, `on` and `yes` included, is false and no mistake. */
function flag(name: NamesOf<boolean>): OptionSetter {
  return (draft, value) => {
    draft[name] = value === "1";
    return null;
  };
}

function setClientcert(
  draft: OptionsDraft,
  value: Bytes,
  { method, token, dialect }: OptionSite,
): Mistake | null {
  const { words, other } = dialect.clientcert;
  const meant = words.get(value) ?? other;
  if (meant === null) return silentMistake(token, `invalid value for clientcert: "${value}"`);
  const refused = dialect.certRefuses;
  if (method === "cert" && meant === refused.value)
    return mistake(token, refused.shown, { logged: refused.logged });
  if (meant === "off") delete draft.clientcert;
  else draft.clientcert = meant;
  return null;
}

function setClientname(draft: OptionsDraft, value: Bytes, { token }: OptionSite): Mistake | null {
  if (value !== "CN" && value !== "DN")
    return silentMistake(token, `invalid value for clientname: "${value}"`);
  draft.clientname = value;
  return null;
}

const validatorPrefix = "validator.";

function checkValidatorOption(_: OptionsDraft, __: Bytes, { token }: OptionSite): Mistake | null {
  const name = token.text.slice(0, token.text.indexOf("="));
  if (/^[A-Za-z0-9_-]+$/.test(name.slice(validatorPrefix.length))) return null;
  return silentMistake(token, `invalid OAuth validator option name: "${name}"`);
}
