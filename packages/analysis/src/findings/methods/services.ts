import { isCatalogueMember } from "@sallyport/policy";
import type { Bytes, RoleCatalogue } from "@sallyport/policy";
import type { RuleFinder } from "../source.ts";

/** LDAP without TLS, unless all of it stays on this machine. */
export const findLdap: RuleFinder = ({ method, options, columns }, say) => {
  if (method !== "ldap" || options.ldapTls === true || options.ldapScheme?.toLowerCase() === "ldaps") return;
  const servers = (options.ldapServer ?? "").split(" ").filter((server) => server !== "");
  if (servers.length > 0 && servers.every((server) => isHere(server))) return;
  say("ldap-no-tls", columns.method, "the password goes on to the directory without TLS", {
    hint: "Write ldaptls=1, or ldapscheme=ldaps.",
  });
};

function isHere(server: Bytes): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)(?::\d+)?$/i.test(server);
}

/** Lines of `gss` and `sspi` that take a name for one of this realm whatever realm it is of. */
export const findRealms: RuleFinder = ({ method, options, columns }, say) => {
  if ((method !== "gss" && method !== "sspi") || options.includeRealm !== false) return;
  if (options.krbRealm !== undefined && options.krbRealm !== "") return;
  const token = columns.options.findLast(({ text }) => text.startsWith("include_realm=")) ?? columns.method;
  say("realm-unchecked", token, "the realm is cut off, and may be any that this one trusts", {
    hint: "Add krb_realm=YOUR.REALM, or leave include_realm=1 and use a map.",
  });
};

/** So many names are told. */
const mostNames = 5;

/** Groups with superusers in them, on lines that let in. */
export const findSuperusers: RuleFinder = ({ method, users }, say, _, { catalogue }) => {
  if (!catalogue || method === "reject") return;
  for (const pattern of users) {
    if (pattern.kind !== "member") continue;
    const found = superusersOf(pattern.name, catalogue);
    if (found.length === 0) continue;
    const more = found.length > mostNames ? `, and ${found.length - mostNames} more` : "";
    const message = `of "${pattern.name}" there are superusers: ${found.slice(0, mostNames).join(", ")}${more}`;
    say("superuser-group", pattern.token, message);
  }
};

/** A large file names the same group on many lines. */
const known = new WeakMap<RoleCatalogue, Map<Bytes, readonly Bytes[]>>();

function superusersOf(group: Bytes, catalogue: RoleCatalogue): readonly Bytes[] {
  const groups = known.get(catalogue) ?? new Map<Bytes, readonly Bytes[]>();
  known.set(catalogue, groups);
  const found =
    groups.get(group) ??
    [...catalogue.roles.values()]
      .filter(({ name, superuser, login }) => superuser && login && isCatalogueMember(catalogue, name, group))
      .map(({ name }) => name);
  groups.set(group, found);
  return found;
}
