import { branchNode, repeatNode } from "./tree.ts";
import type { Preference, RegexNode } from "./tree.ts";

/**
 * How a text that a part is known to fit is divided among its own parts, so that the groups in it get theirs. Only
 * what holds groups or references has parts; the rest is one piece, in which no boundary matters.
 */
export type Plan = (
  | { readonly kind: "piece" }
  | { readonly kind: "group"; readonly group: number; readonly inner: Plan }
  | { readonly kind: "sequence"; readonly parts: readonly Plan[] }
  | { readonly kind: "choice"; readonly branches: readonly Plan[] }
  | { readonly kind: "iteration"; readonly inner: Plan; readonly min: number; readonly max: number }
  | { readonly kind: "reference"; readonly group: number; readonly min: number; readonly max: number }
) & {
  readonly node: RegexNode;
  /** The groups in it. */
  readonly groups: readonly number[];
};

export function planOf(node: RegexNode): Plan {
  if (!divides(node)) return { kind: "piece", node, groups: [] };
  switch (node.kind) {
    case "group": {
      const inner = planOf(node.inner);
      return { kind: "group", node, group: node.group, inner, groups: [node.group, ...inner.groups] };
    }
    case "branch":
      return planBranch(node);
    case "alternation": {
      const branches = node.branches.map(planOf);
      return { kind: "choice", node, branches, groups: groupsOf(branches) };
    }
    case "repeat":
      return planRepeat(node);
    case "reference":
      return { kind: "reference", node, group: node.group, min: 1, max: 1, groups: [] };
  }
}

type Dividing = Exclude<RegexNode, { readonly kind: "set" | "anchor" | "look" }>;

/** Is there anything in it that depends on how its text is divided? */
function divides(node: RegexNode): node is Dividing {
  return node.traits.captures || node.traits.references;
}

/**
 * Items without groups stand together as one piece as long as none prefers otherwise than those before it: of such
 * a piece the whole is as long, or as short, as can be, not each item.
 */
function planBranch(node: RegexNode & { kind: "branch" }): Plan {
  const parts: Plan[] = [];
  let piece: RegexNode[] = [];
  let prefers: Preference = null;
  const flush = (): void => {
    if (piece.length > 0) parts.push(planOf(branchNode(piece)));
    piece = [];
    prefers = null;
  };
  for (const item of node.items) {
    const { traits } = item;
    const clash = prefers !== null && traits.prefers !== null && traits.prefers !== prefers;
    if (divides(item) || traits.mixed || clash) {
      flush();
      parts.push(planOf(item));
    } else {
      piece.push(item);
      prefers ??= traits.prefers;
    }
  }
  flush();
  return sequence(node, parts);
}

function sequence(node: RegexNode, parts: readonly Plan[]): Plan {
  const [only, ...more] = parts;
  if (only && more.length === 0) return only;
  return { kind: "sequence", node, parts, groups: groupsOf(parts) };
}

/**
 * Only the last time counts for the groups in what is repeated; so, unless a reference depends on the times before,
 * these are one piece.
 */
function planRepeat(node: RegexNode & { kind: "repeat" }): Plan {
  const { inner, min, max, quantifier } = node;
  const { traits } = inner;
  if (inner.kind === "reference") {
    return { kind: "reference", node, group: inner.group, min, max, groups: [] };
  }
  const plan = planOf(inner);
  const agrees = quantifier === null || traits.prefers === null || traits.prefers === quantifier;
  if (min === 1 && max === 1 && agrees && (quantifier === null || !traits.mixed)) return plan;
  if (min > 0 && !traits.references) {
    const before = planOf(repeatNode(withoutGroups(inner), min - 1, max - 1, quantifier));
    return { kind: "sequence", node, parts: [before, plan], groups: plan.groups };
  }
  return { kind: "iteration", node, inner: plan, min, max, groups: plan.groups };
}

/** The same, taken for one piece. */
function withoutGroups(node: RegexNode): RegexNode {
  return { ...node, traits: { ...node.traits, captures: false } };
}

function groupsOf(plans: readonly Plan[]): readonly number[] {
  return plans.flatMap(({ groups }) => groups);
}
