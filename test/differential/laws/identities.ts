import type { Random, Tree, TreeEntry } from "@sallyport/testkit";

/** Rules whose method is one of another system's identities, with maps; the same text with another method. */
export interface RealmRules {
  readonly method: "gss" | "sspi";
  readonly includesRealm: boolean;
  /** krb_realm; empty: any. */
  readonly realm: string;
  /** @param small with every name that is compared in small letters */
  readonly files: (method: string, small?: boolean) => Tree;
}

const accounts = ["bob", "Bob", "BOB", "alice", "Alice", "root"] as const;
const realms = ["EXAMPLE.COM", "example.com", "Example.com", "OTHER.NET", ""] as const;

export function realmRules(r: Random): RealmRules {
  const method = r.pick(["gss", "sspi"] as const);
  const includesRealm = r.chance(0.5);
  const realm = r.chance(0.5) ? r.pick(realms) : "";
  const map = r.pick(["", "m", "m", "m", "ghost"]);
  const mappings = r.many(0, 12, () => mapping(r));
  // Sometimes rules that pass before it, so that it is not always the first one.
  const before = r.many(0, 2, () => `host ${r.pick(["nosuch", "+x"])} all 10.0.0.0/8 reject`);
  const users = r.pick(["all", "all", "bob,Bob", "bob@shop,bob"]);
  const options = [
    `include_realm=${includesRealm ? 1 : 0}`,
    ...(realm === "" ? [] : [`krb_realm=${realm}`]),
    ...(r.chance(0.3) ? ["compat_realm=0", "upn_username=1"].slice(0, method === "sspi" ? 2 : 0) : []),
  ];
  const files = (as: string, small = false): Tree => {
    const kerberos = as === "gss" || as === "sspi";
    const where = as === "peer" ? "local all all" : `host all ${kerberos ? "all" : users} 10.0.0.0/8`;
    const mapped = map === "" || !(kerberos || as === "peer") ? [] : [`map=${map}`];
    const rules = [...before, [where, as, ...(kerberos ? options : []), ...mapped].join(" ")];
    if (as === "trust") rules.unshift(`hostssl all all samenet trust`, "host all /^b 0.0.0.0/1 reject");
    const lines = mappings.map((one) => one(small));
    return new Map<string, TreeEntry>([
      ["pg_hba.conf", file(`${rules.join("\n")}\n`)],
      ["pg_ident.conf", file(`${lines.join("\n")}\n`)],
    ]);
  };
  return { method, includesRealm, realm, files };
}

/** What the other system says, and who wants in. */
export function identityOf(r: Random): { readonly user: string; readonly principal: string } {
  const account = r.pick(accounts);
  const user = r.pick([account, account.toLowerCase(), r.pick(accounts), "staff"]);
  return { user, principal: principal(r, account) };
}

function principal(r: Random, account: string): string {
  return r.pick([`${account}@${r.pick(realms)}`, `${account}@${r.pick(realms)}`, account, `${account}@a@b`]);
}

/** Of names, of groups that are written small, and of expressions that see no case: what the fold can be told by. */
function mapping(r: Random): (small: boolean) => string {
  const system = r.pick([principal(r, r.pick(accounts)), r.pick(accounts)]);
  const role = r.pick(accounts);
  const [expression, granted] = r.pick<readonly [string, string]>([
    ["(?i)^(.*)@example\\.com$", "\\1"],
    ["(?i)^(bob|alice)", "\\1"],
    ["(?i)^([a-z]+)$", "\\1"],
    ["(?i)^(x)?bob", "\\1"],
  ]);
  const kind = r.pick([0, 0, 1, 1, 2, 3, 4, 4, 4]);
  return (small) => {
    const cased = (name: string): string => (small ? name.toLowerCase() : name);
    if (kind === 0) return `m "/${expression}" ${granted}`;
    if (kind === 1) return `m ${cased(system)} +staff`;
    if (kind === 2) return `m ${cased(system)} all`;
    if (kind === 3) return `n ${cased(system)} ${cased(role)}`;
    return `m ${cased(system)} ${cased(role)}`;
  };
}

function file(bytes: string): TreeEntry {
  return { kind: "file", bytes, readable: true };
}
