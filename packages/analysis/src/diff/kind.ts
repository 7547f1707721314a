import type { Conditions, RuleOutcome } from "../outcome/outcome.ts";

/**
 * - `widening`: a refused attempt can now authenticate, or a condition falls away;
 * - `narrowing`: the reverse;
 * - `changed`: the rest, such as another method.
 */
export type ChangeKind = "widening" | "narrowing" | "changed";

/** What becomes of a connection on both sides. Null: no rule fits. */
export interface Compared {
  /** Null: the same, as far as no map has a say. */
  readonly kind: ChangeKind | null;
  /** Both hold the name of another system against the role, by maps that may differ. */
  readonly maps: boolean;
}

export function compareOutcomes(old: RuleOutcome | null, now: RuleOutcome | null): Compared {
  if (!admits(old) || !admits(now)) {
    if (admits(now)) return { kind: "widening", maps: false };
    if (admits(old)) return { kind: "narrowing", maps: false };
    // Refused in other words.
    return { kind: refusalWords(old) === refusalWords(now) ? null : "changed", maps: false };
  }
  const steps = stepsBetween(old, now);
  const kind = steps.includes("looser")
    ? "widening"
    : steps.includes("other")
      ? "changed"
      : steps.includes("tighter")
        ? "narrowing"
        : null;
  return { kind, maps: namedBy(old) !== null && namedBy(old) === namedBy(now) };
}

function refusalWords(outcome: RuleOutcome | null): boolean | null {
  return outcome?.refuses === true ? outcome.asksForCertificate : null;
}

function admits(outcome: RuleOutcome | null): outcome is Conditions {
  return outcome !== null && !outcome.refuses;
}

const mapped: ReadonlySet<Conditions["proof"]> = new Set(["peer", "ident", "gss", "sspi", "oauth"] as const);

/** Whose name is held against the role: a method's, or that of the certificate. Null: nobody's. */
function namedBy({ identity, proof }: Conditions): Conditions["proof"] | "certificate" {
  if (identity === null) return null;
  return mapped.has(proof) ? proof : "certificate";
}

type Step = "looser" | "tighter" | "other";

const certificates: readonly Conditions["certificate"][] = ["none", "signed", "identity"];

/** Condition by condition; what is equal makes no step. */
function stepsBetween(old: Conditions, now: Conditions): readonly (Step | null)[] {
  const [before, after] = [certificates.indexOf(old.certificate), certificates.indexOf(now.certificate)];
  const proof = step(old.proof, now.proof);
  const certificate: Step | null = before === after ? null : after < before ? "looser" : "tighter";
  // A certificate in place of a password is another proof, not none.
  const both = [proof, certificate];
  const isReplaced = both.includes("looser") && both.includes("tighter");
  const steps: (Step | null)[] = isReplaced ? ["other"] : both;
  if (certificate === null) steps.push(step(old.clientname, now.clientname));
  // The name that another proof gives is another name.
  if (old.proof === now.proof) {
    steps.push(step(old.realm, now.realm));
    if (old.identity === null || now.identity === null) steps.push(step(old.identity, now.identity));
    // Whoever has the name in any realm fits; the reverse is another name, which maps may know.
    else if (old.identity.cutsRealm !== now.identity.cutsRealm)
      steps.push(now.identity.cutsRealm ? "looser" : "other");
    if (old.parameters !== now.parameters) steps.push("other");
  }
  return steps;
}

function step(before: unknown, after: unknown): Step | null {
  if (before === after) return null;
  return after === null ? "looser" : before === null ? "tighter" : "other";
}
