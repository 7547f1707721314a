import { inPassing, oneOfEach } from "@sallyport/policy";
import type { DatabasePattern, HbaRule, Method, Reading, RoleCatalogue } from "@sallyport/policy";
import type { FindingSource, RuleFinder } from "../source.ts";
import { reachOf } from "./reach.ts";
import { prefixLength } from "../text/prefix.ts";

/** Methods that have the client send the password itself. */
const sendsPassword: ReadonlySet<Method> = new Set(["password", "ldap", "radius", "pam", "bsd"]);

/** Lines by which such a password may come over the network as it is. */
export const findCleartext: FindingSource = ({ hba }: Reading, say) => {
  let any = false;
  for (const { method } of oneOfEach(hba.rules)) any ||= sendsPassword.has(method);
  if (!any) return;
  const refused = { ordinary: { 4: false, 6: false }, physical: { 4: false, 6: false } };
  for (const rule of inPassing(hba.rules)) {
    noteRefusal(rule, refused);
    const { type, method, databases, columns, address } = rule;
    if (!sendsPassword.has(method) || reachOf(rule) !== "remote") continue;
    if (type === "hostssl" || type === "hostgssenc") {
      if (method !== "password") continue;
      say("password-method", columns.method, "the server gets to know the password", {
        hint: "With scram-sha-256 it does not.",
      });
      continue;
    }
    const family = address?.kind === "network" ? (address.ip.length === 4 ? 4 : 6) : null;
    const isRefused = (of: Refused): boolean => (family === null ? of[4] && of[6] : of[family]);
    const [some, every] = [databases.some(isPhysical), databases.every(isPhysical)];
    if ((!some || isRefused(refused.physical)) && (every || isRefused(refused.ordinary))) continue;
    const message = "the client sends its password as it is, and the line lets it come without TLS";
    say("cleartext-password", columns.method, message, {
      hint: type === "host" ? "Write hostssl, or use scram-sha-256." : "Use hostssl, or scram-sha-256.",
    });
  }
};

function isPhysical({ kind }: DatabasePattern): boolean {
  return kind === "replication";
}

/** Of which addresses nobody comes without TLS. */
interface Refused {
  4: boolean;
  6: boolean;
}

/** A line that refuses everybody who comes without TLS: behind it nobody does. `all` is not about physical replication. */
function noteRefusal(
  { type, method, databases, users, address }: HbaRule,
  { ordinary, physical }: { readonly ordinary: Refused; readonly physical: Refused },
): void {
  if (type !== "hostnossl" || method !== "reject" || !users.some(({ kind }) => kind === "all")) return;
  for (const [keyword, refused] of [
    ["all", ordinary],
    ["replication", physical],
  ] as const) {
    if (!databases.some(({ kind }) => kind === keyword)) continue;
    if (address?.kind === "all") refused[4] = refused[6] = true;
    else if (address?.kind === "network" && prefixLength(address.mask) === 0) {
      refused[address.ip.length === 4 ? 4 : 6] = true;
    }
  }
}

/** Lines with `md5`, unless it is known that no role has an MD5 secret: then it is SCRAM by another name. */
export const findMd5: RuleFinder = (rule, say, _, { catalogue }) => {
  if (rule.method !== "md5" || (catalogue && knowsNoMd5(catalogue))) return;
  const id = reachOf(rule) === "remote" ? "md5-remote" : "md5-local";
  say(id, rule.columns.method, "roles whose password is kept as an MD5 hash log in with that hash", {
    hint: "Roles with a SCRAM secret use SCRAM by this line, too: when all have one, write scram-sha-256.",
  });
};

function knowsNoMd5({ roles }: RoleCatalogue): boolean {
  for (const { secret } of roles.values()) if (secret === "md5" || secret === undefined) return false;
  return true;
}
