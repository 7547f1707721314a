import { networkInterfaces } from "node:os";
import { decide, parseClientAddress, parseIpv4, parseIpv6 } from "@sallyport/policy";
import type {
  Attempt,
  Bytes,
  Decision,
  Dependency,
  Facts,
  HbaRule,
  InterfaceAddress,
  Policy,
} from "@sallyport/policy";
import { FatalError } from "@sallyport/wire";
import type { LoginRow, LookUp } from "../catalog/catalog.ts";
import type { Asker, Resolver } from "../resolver/index.ts";
import type { TlsSession } from "../tls/tls-session.ts";
import { requireCertificate } from "./certificate.ts";
import { membershipOf } from "./membership.ts";

/** Nobody is asked for a proof: a rule refuses, or none fits (`rule` is null). */
export class RefusedByRule extends FatalError {
  override readonly name: string = "RefusedByRule";
  readonly rule: HbaRule | null;

  constructor(rule: HbaRule | null, sqlstate: string, message: Bytes, logDetail: Bytes | undefined) {
    super(sqlstate, message, { logDetail });
    this.rule = rule;
  }
}

/** Whom a decision asks for what it depends on. */
export interface Sources extends Asker {
  readonly row: LoginRow;
  /** Asks the catalogue again: names may take long to look up, and what it said of the role must not be as old. */
  readonly lookUp: LookUp;
  readonly resolver: Resolver;
  /** The name of the client, if it has been looked up already. */
  readonly hostname: Bytes | null;
  /** Null: the connection is not encrypted. */
  readonly tls: TlsSession | null;
}

/** The rule that decided, and what the catalogue says of the role by now. */
export interface Decided {
  readonly rule: HbaRule;
  readonly row: LoginRow;
}

/**
 * The rule whose method this client has to pass. What that depends on is asked for one by one, in PostgreSQL's order,
 * and only if it matters: names not before a rule with a host name is reached.
 *
 * @throws {RefusedByRule} 28000, before the client is asked for anything
 * @throws the reason of the signal, while names are looked up
 */
export async function decideRule(policy: Policy, attempt: Attempt, sources: Sources): Promise<Decided> {
  const { hostname } = sources;
  const noName = hostname === null && attempt.address != null;
  const known = noName ? withoutNameLogged(policy) : policy;
  let { row } = sources;
  let facts: Facts = hostname === null ? {} : { hostname: { name: hostname } };
  for (;;) {
    const decision = decide(known, attempt, { ...facts, membership: membershipOf(row) });
    const [next] = [...decision.dependsOn, ...decision.detailDependsOn];
    const more = next && (await learn(next, facts, sources));
    if (!more) return { rule: ruleOf(decision, sources.tls), row };
    facts = more;
    if (next.fact === "hostname") row = await sources.lookUp(sources.signal);
  }
}

/** A name that was not found for the log is not looked for again for a DETAIL. */
function withoutNameLogged(policy: Policy): Policy {
  const { profile } = policy;
  if (!profile.settings.log_hostname) return policy;
  return { ...policy, profile: { ...profile, settings: { ...profile.settings, log_hostname: false } } };
}

/** The facts with one more. Null: it cannot be known, or not yet. */
async function learn(dependency: Dependency, facts: Facts, sources: Sources): Promise<Facts | null> {
  switch (dependency.fact) {
    case "interfaces":
      return { ...facts, interfaces: ownInterfaces() };
    case "hostname": {
      const { address, name } = dependency;
      if (name === null) {
        const answer = await sources.resolver.nameOf(address, sources);
        const hostname = "name" in answer ? answer : { name: null, error: answer.failure.words };
        return { ...facts, hostname };
      }
      const answer = await sources.resolver.addressesOf(name, sources);
      const forward = "addresses" in answer ? answer : { error: answer.failure.words };
      return { ...facts, hostname: { name, forward } };
    }
    case "membership":
    case "system_user":
    case "regex":
      return null;
  }
}

function ruleOf(
  { outcome, rule, sqlstate, message, detail, dependsOn }: Decision,
  tls: TlsSession | null,
): HbaRule {
  // Who the system user is shows when the method has run; then the map decides (`admitIdentity`).
  const openUntilProof = outcome === "unknown" && dependsOn.every(({ fact }) => fact === "system_user");
  if (rule && (outcome !== "unknown" || openUntilProof)) requireCertificate(rule, tls);
  if (rule && (outcome === "authenticate" || openUntilProof)) return rule;
  if (message !== null) throw new RefusedByRule(rule, sqlstate ?? "28000", message, detail ?? undefined);
  // All that can be asked has been asked. What is left nobody can know, such as what an expression that was given up
  // matches: fail closed.
  const open = dependsOn.map(openQuestion).join(", ");
  throw new FatalError("XX000", "no decision could be made", { logDetail: `Not known: ${open}.` });
}

function openQuestion(dependency: Dependency): Bytes {
  if (dependency.fact !== "regex") return dependency.fact;
  return `whether "${dependency.name}" matches the regular expression "${dependency.pattern}", which was given up`;
}

/** Addresses of this machine, enumerated anew for each decision, as PostgreSQL does. */
function ownInterfaces(): InterfaceAddress[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address, netmask }) => {
      const own = parseClientAddress(address.split("%")[0] ?? "");
      return own ? [{ ip: own.ip, mask: parseIpv4(netmask) ?? parseIpv6(netmask) }] : [];
    }),
  );
}
