import type { CharSet } from "./charset.ts";

/** Which of the matches that could be. Null: there is no choice in it, or what it repeats makes it. */
export type Preference = "longest" | "shortest" | null;

/** A place between two characters, told by them alone. `lineStart` and `lineEnd` are those of newline mode. */
export type Anchor =
  | "start"
  | "end"
  | "lineStart"
  | "lineEnd"
  | "wordStart"
  | "wordEnd"
  | "wordBoundary"
  | "noWordBoundary";

/** A regular expression as it was written. */
export type RegexNode = (
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "anchor"; readonly anchor: Anchor }
  /** The number of a lookaround. */
  | { readonly kind: "look"; readonly look: number }
  /** `inner`: what the group holds. */
  | { readonly kind: "reference"; readonly group: number; readonly inner: RegexNode }
  | { readonly kind: "group"; readonly group: number; readonly inner: RegexNode }
  | {
      readonly kind: "repeat";
      readonly inner: RegexNode;
      readonly min: number;
      /** Infinity: without end. */
      readonly max: number;
      /** As written: null for `{m}`. */
      readonly quantifier: Preference;
    }
  | { readonly kind: "branch"; readonly items: readonly RegexNode[] }
  | { readonly kind: "alternation"; readonly branches: readonly RegexNode[] }
) & { readonly traits: Traits };

/** What decides about its parts (manual, 9.7.3.5). */
export interface Traits {
  readonly prefers: Preference;
  /** Parts of it prefer otherwise than it does. */
  readonly mixed: boolean;
  readonly captures: boolean;
  readonly references: boolean;
}

/** `(?=re)` and its like. */
export interface Look {
  readonly ahead: boolean;
  readonly negative: boolean;
  readonly inner: RegexNode;
}

/** A whole regular expression. */
export interface RegexTree {
  readonly root: RegexNode;
  /** By their numbers; a lookaround within another has the lower one. */
  readonly looks: readonly Look[];
  /** By their numbers, from 1: what each group holds. */
  readonly groups: ReadonlyMap<number, RegexNode>;
  readonly ignoreCase: boolean;
  /** A reference stands for the text of its group in the same place only: its anchors and lookarounds hold again. */
  readonly referencesKeepConstraints: boolean;
}

const plain: Traits = { prefers: null, mixed: false, captures: false, references: false };

export function setNode(set: CharSet): RegexNode {
  return { kind: "set", set, traits: plain };
}

export function anchorNode(anchor: Anchor): RegexNode {
  return { kind: "anchor", anchor, traits: plain };
}

export function lookNode(look: number): RegexNode {
  return { kind: "look", look, traits: plain };
}

export function referenceNode(group: number, inner: RegexNode): RegexNode {
  return { kind: "reference", group, inner, traits: { ...plain, references: true } };
}

/** Parentheses do not change what is preferred. */
export function groupNode(group: number, inner: RegexNode): RegexNode {
  return { kind: "group", group, inner, traits: { ...inner.traits, captures: true } };
}

export function repeatNode(inner: RegexNode, min: number, max: number, quantifier: Preference): RegexNode {
  const { traits } = inner;
  const clash = quantifier !== null && traits.prefers !== null && traits.prefers !== quantifier;
  const prefers = quantifier ?? traits.prefers;
  const own = { ...traits, prefers, mixed: traits.mixed || clash };
  return { kind: "repeat", inner, min, max, quantifier, traits: own };
}

/** A branch prefers what the first of its items that has a preference does. */
export function branchNode(items: readonly RegexNode[]): RegexNode {
  const preferences = items.flatMap(({ traits: { prefers } }) => prefers ?? []);
  const prefers = preferences[0] ?? null;
  const mixed = preferences.some((other) => other !== prefers) || items.some(({ traits }) => traits.mixed);
  return { kind: "branch", items, traits: { ...inside(items), prefers, mixed } };
}

/** Two or more branches prefer the longest match. */
export function alternationNode(branches: readonly RegexNode[]): RegexNode {
  const mixed = branches.some(({ traits }) => traits.mixed || traits.prefers === "shortest");
  return { kind: "alternation", branches, traits: { ...inside(branches), prefers: "longest", mixed } };
}

function inside(nodes: readonly RegexNode[]): Pick<Traits, "captures" | "references"> {
  return {
    captures: nodes.some(({ traits }) => traits.captures),
    references: nodes.some(({ traits }) => traits.references),
  };
}
