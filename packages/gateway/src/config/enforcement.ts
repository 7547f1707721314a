import { finish, inPassing, oneOfEach } from "@sallyport/policy";
import type { Bytes, HbaRule, Method, Policy, Problem, Span, Steps } from "@sallyport/policy";
import { introspectedBy, secondIssuer } from "./introspected-issuer.ts";
import type { Introspected } from "./introspected-issuer.ts";

/** Of every method on `hostssl` lines: `session/certificate.ts`. */
const ofCertificates: ReadonlySet<Bytes> = new Set(["clientcert", "clientname"]);

/**
 * What this gateway can carry out: each method, and the options that it has here. A rule outside of this table is
 * never run: its file is refused, so that nothing is read and then not checked. Each method has its implementation
 * in `session/methods/`; `reject` is carried out by the decision, and `map` by `session/identity.ts`.
 */
export const enforcement: ReadonlyMap<Method, ReadonlySet<Bytes>> = new Map([
  ["trust", ofCertificates],
  ["reject", ofCertificates],
  ["password", ofCertificates],
  ["md5", ofCertificates],
  ["scram-sha-256", ofCertificates],
  ["peer", new Set(["map"])],
  ["cert", new Set([...ofCertificates, "map"])],
  [
    "ldap",
    new Set([
      ...ofCertificates,
      "ldapurl",
      "ldapserver",
      "ldapport",
      "ldapscheme",
      "ldaptls",
      "ldapprefix",
      "ldapsuffix",
      "ldapbasedn",
      "ldapbinddn",
      "ldapbindpasswd",
      "ldapsearchattribute",
      "ldapsearchfilter",
    ]),
  ],
  [
    "oauth",
    new Set([
      ...ofCertificates,
      "map",
      "issuer",
      "scope",
      "validator",
      "delegate_ident_mapping",
      "validator.*",
    ]),
  ],
  ["pam", new Set([...ofCertificates, "pamservice", "pam_use_hostname"])],
  ["ident", new Set([...ofCertificates, "map"])],
  [
    "radius",
    new Set([...ofCertificates, "radiusservers", "radiussecrets", "radiusports", "radiusidentifiers"]),
  ],
  ["gss", new Set([...ofCertificates, "map", "include_realm", "krb_realm"])],
]);

/** What the machine has that a method needs. */
export interface Machine {
  /** The system tells who is at the other end of a Unix socket. */
  readonly peerCredentials: boolean;
  /** The libraries are there that a server of PostgreSQL is built with, or without. */
  readonly libraries: ReadonlySet<"gssapi" | "pam">;
  /** The gateway knows secrets to hold a proof against: under `auth_source = upstream` it knows none. */
  readonly secrets: boolean;
}

/** Methods that need a secret here; a password in clear the upstream can judge, too. */
const bySecret: ReadonlySet<Method> = new Set(["md5", "scram-sha-256"]);

/** The rules that this gateway cannot carry out. */
export function unenforceable(policy: Pick<Policy, "rules">, machine: Machine): Problem[] {
  return finish(unenforceableSteps(policy, machine));
}

/** The same, a step a rule: all rules of a file, since one may be wrong only beside another. */
export function* unenforceableSteps({ rules }: Pick<Policy, "rules">, machine: Machine): Steps<Problem[]> {
  // What is asked here of a rule depends on its type, its method and its options alone.
  const found = yield* faultsOfAll(oneOfEach(rules), machine);
  return found.length === 0 ? found : yield* faultsOfAll(inPassing(rules), machine);
}

function* faultsOfAll(rules: Iterable<HbaRule>, machine: Machine): Steps<Problem[]> {
  const problems: Problem[] = [];
  let first: Introspected | null = null;
  for (const rule of rules) {
    problems.push(...faultsOf(rule, machine));
    const introspected = introspectedBy(rule);
    const second = first && introspected && secondIssuer(introspected, first);
    if (second !== null) problems.push(second);
    first ??= introspected;
    yield;
  }
  return problems;
}

/** What is wrong with a rule by itself, in the words of a server that was built without it. */
function faultsOf(rule: HbaRule, machine: Machine): Problem[] {
  const problems: Problem[] = [];
  const refuse = (span: Span, text: Bytes): void => {
    problems.push({ severity: "error", text, sqlstate: "F0000", span, context: [rule.line] });
  };
  const { method, columns } = rule;
  const options = optionsOf(rule, machine);
  if (options === null) {
    refuse(columns.method, `invalid authentication method "${method}": not supported by this build`);
  } else if (bySecret.has(method) && !machine.secrets) {
    refuse(
      columns.method,
      `invalid authentication method "${method}": not supported with auth_source=upstream`,
    );
  }
  for (const token of columns.options) {
    const name = token.text.slice(0, token.text.indexOf("="));
    if (options?.has(name.replace(/^validator\..*/, "validator.*")) !== true) {
      refuse(token, `authentication option "${name}" is not supported by this build`);
    }
  }
  return problems;
}

/** Null: the method cannot be carried out. */
function optionsOf({ method }: HbaRule, { peerCredentials, libraries }: Machine): ReadonlySet<Bytes> | null {
  if (method === "peer" && !peerCredentials) return null;
  if (method === "pam" && !libraries.has("pam")) return null;
  if (method === "gss" && !libraries.has("gssapi")) return null;
  return enforcement.get(method) ?? null;
}
