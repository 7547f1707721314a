import type { CharSet } from "./charset.ts";
import { fail, regexErrors } from "./errors.ts";
import type { Anchor, RegexNode, RegexTree } from "./tree.ts";

/** What one must see to go along an arc; null: nothing. */
export type ArcLabel =
  | { readonly set: CharSet }
  | { readonly anchor: Anchor }
  | { readonly look: number }
  | null;

export interface Arc {
  readonly from: number;
  readonly to: number;
  readonly label: ArcLabel;
}

/** A nondeterministic automaton: its states are numbers below `size`. */
export interface Nfa {
  readonly size: number;
  readonly arcs: readonly Arc[];
  readonly start: number;
  readonly final: number;
}

/** How large an automaton may become: about as large as those that PostgreSQL refuses. */
const mostSteps = 50_000;
/** How deep references may lead to groups with references. */
const deepest = 1500;

/** The automaton of one part of a tree. Throws `RegexFailure` where it would be too large. */
export function buildNfa(
  node: RegexNode,
  { referencesKeepConstraints }: Pick<RegexTree, "referencesKeepConstraints">,
): Nfa {
  const builder = new Builder(referencesKeepConstraints);
  const final = builder.build(node, 0, 0);
  return { size: builder.size, arcs: builder.arcs, start: 0, final };
}

class Builder {
  size = 1;
  readonly arcs: Arc[] = [];
  readonly #keepsConstraints: boolean;
  /** Within the copy of a group that a reference stands for: since PostgreSQL 14 it repeats the text, not the place. */
  #references = 0;
  #steps = 0;

  constructor(referencesKeepConstraints: boolean) {
    this.#keepsConstraints = referencesKeepConstraints;
  }

  /** Builds on from a state, to which no arc leads back; gives the state behind the node. */
  build(node: RegexNode, from: number, depth: number): number {
    this.#steps += 1;
    if (this.#steps > mostSteps || depth > deepest) fail(regexErrors.tooComplex);
    switch (node.kind) {
      case "set":
        return this.#arc(from, this.#state(), { set: node.set });
      case "anchor":
        return this.#arc(from, this.#state(), this.#drops() ? null : { anchor: node.anchor });
      case "look":
        return this.#arc(from, this.#state(), this.#drops() ? null : { look: node.look });
      case "group":
        return this.build(node.inner, from, depth + 1);
      case "reference":
        return this.#reference(node.inner, from, depth);
      case "branch":
        return node.items.reduce((state, item) => this.build(item, state, depth + 1), from);
      case "alternation": {
        const end = this.#state();
        for (const branch of node.branches) this.#arc(this.build(branch, from, depth + 1), end, null);
        return end;
      }
      case "repeat":
        return this.#repeat(node, from, depth);
    }
  }

  #drops(): boolean {
    return this.#references > 0 && !this.#keepsConstraints;
  }

  #reference(group: RegexNode, from: number, depth: number): number {
    this.#references += 1;
    const end = this.build(group, from, depth + 1);
    this.#references -= 1;
    return end;
  }

  #repeat({ inner, min, max }: RegexNode & { kind: "repeat" }, from: number, depth: number): number {
    let at = from;
    const single = max === Infinity ? min - 1 : min;
    for (let count = 0; count < single; count += 1) at = this.build(inner, at, depth + 1);
    if (max === Infinity) {
      const loop = this.#arc(at, this.#state(), null);
      const end = this.build(inner, loop, depth + 1);
      this.#arc(end, loop, null);
      return this.#arc(min === 0 ? loop : end, this.#state(), null);
    }
    if (max === min) return at;
    const end = this.#state();
    for (let count = min; count < max; count += 1) {
      this.#arc(at, end, null);
      at = this.build(inner, at, depth + 1);
    }
    return this.#arc(at, end, null);
  }

  #state(): number {
    this.size += 1;
    return this.size - 1;
  }

  #arc(from: number, to: number, label: ArcLabel): number {
    this.arcs.push({ from, to, label });
    return to;
  }
}
