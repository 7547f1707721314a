import { usesMap } from "@sallyport/policy";
import type { Bytes, HbaOptions, HbaRule, ListValue, Method, ServerProfile } from "@sallyport/policy";

/** What becomes of a connection that a rule decides about, as far as the rule says. */
export type RuleOutcome = Rejection | Conditions;

/** That a rule rejects. */
export interface Rejection {
  readonly refuses: true;
  /** Who has no certificate is told that he needs one, and not that he is rejected. */
  readonly asksForCertificate: boolean;
}

/** Under which conditions a rule lets in. */
export interface Conditions {
  readonly refuses: false;
  /** What the client has to prove itself by; null: nothing but what stands below. `cert` asks for a certificate alone. */
  readonly proof: Exclude<Method, "trust" | "reject" | "cert"> | null;
  /** Of a certificate: that a known authority signed it, or that it names the client, too. */
  readonly certificate: "none" | "signed" | "identity";
  /** Which name of the certificate; null: it names nobody. */
  readonly clientname: "CN" | "DN" | null;
  /** Kerberos: the realm that the client has to be of; null: any. */
  readonly realm: Bytes | null;
  /** Whom another system takes the client for is held against the role; null: it is not. */
  readonly identity: Identity | null;
  /** All else that the method is told, in a form that is equal if it comes to the same. */
  readonly parameters: string;
}

/** How a name of another system is held against a role. */
export interface Identity {
  /** Null: they must be equal. */
  readonly map: Bytes | null;
  readonly ignoresCase: boolean;
  /** The realm is cut off before, so that it does not count. */
  readonly cutsRealm: boolean;
}

/** Tells what a client meets who gets to a rule. Equal answers are one object: large files repeat themselves. */
export function outcomes(profile: ServerProfile): (rule: HbaRule) => RuleOutcome {
  // Method and options decide about it, as they are written.
  const byText = new Map<string, RuleOutcome>();
  const byKey = new Map<string, RuleOutcome>();
  return (rule) => {
    const text = [rule.method, ...rule.columns.options.map((token) => token.text)].join("\0");
    const known = byText.get(text);
    if (known) return known;
    const made = outcomeOf(rule, profile);
    const key = JSON.stringify(made);
    const one = byKey.get(key) ?? made;
    byKey.set(key, one);
    byText.set(text, one);
    return one;
  };
}

function outcomeOf(rule: HbaRule, { settings }: ServerProfile): RuleOutcome {
  const { method, options } = rule;
  if (method === "reject") return { refuses: true, asksForCertificate: options.clientcert !== undefined };
  const certificate =
    method === "cert" || options.clientcert === "verify-full"
      ? "identity"
      : options.clientcert === undefined
        ? "none"
        : "signed";
  const maps = usesMap(rule);
  const ignoresCase = method === "sspi" || (method === "gss" && settings.krb_caseins_users);
  return {
    refuses: false,
    proof: method === "trust" || method === "cert" ? null : method,
    certificate,
    clientname: certificate === "identity" ? (options.clientname ?? "CN") : null,
    realm: options.krbRealm || null,
    identity:
      maps || certificate === "identity"
        ? { map: (maps && options.map) || null, ignoresCase, cutsRealm: cutsRealm(rule) }
        : null,
    parameters: parametersOf(rule),
  };
}

/** Does the method cut the realm off before the name is held against a role? */
export function cutsRealm({ method, options }: HbaRule): boolean {
  return (method === "gss" || method === "sspi") && options.includeRealm !== true;
}

/** What stands elsewhere in an outcome. */
const elsewhere: ReadonlySet<string> = new Set<keyof HbaOptions>([
  "map",
  "clientcert",
  "clientname",
  "krbRealm",
  "includeRealm",
  "oauthDelegateIdentMapping",
]);

/** What a method takes where nothing is said. */
const defaults: Readonly<Partial<Record<Method, HbaOptions>>> = {
  pam: { pamService: "postgresql" },
  ldap: { ldapScheme: "ldap" },
  radius: { radiusPorts: one("1812"), radiusIdentifiers: one("postgresql") },
};

function one(item: Bytes): ListValue {
  return { raw: item, items: [item] };
}

/** Where the directory is asked, and by what it finds an entry, if that is not said. */
function ldapDefaults({
  ldapScheme,
  ldapPort,
  ldapBaseDn,
  ldapSearchFilter,
  ldapSearchAttribute,
}: HbaOptions): HbaOptions {
  return {
    ldapPort: ldapPort || (ldapScheme === "ldaps" ? 636 : 389),
    ...(ldapBaseDn === undefined || ldapSearchFilter !== undefined
      ? {}
      : { ldapSearchAttribute: ldapSearchAttribute ?? "uid" }),
  };
}

function parametersOf({ method, options, columns }: HbaRule): string {
  const told = Object.entries<HbaOptions[keyof HbaOptions]>({
    ...defaults[method],
    ...options,
    ...(method === "ldap" ? ldapDefaults(options) : {}),
  })
    .filter(([name, value]) => !elsewhere.has(name) && value !== undefined && value !== false && value !== 0)
    .map(([name, value]): [string, unknown] => [name, typeof value === "object" ? value.items : value]);
  // What is given to a validator itself is kept nowhere but in the line.
  const validator = columns.options.map(({ text }) => text).filter((text) => text.startsWith("validator."));
  return JSON.stringify([...told.toSorted(([a], [b]) => (a < b ? -1 : 1)), ...validator]);
}
