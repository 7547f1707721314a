import { Machine } from "./machine.ts";
import type { Built } from "./machine.ts";
import { buildNfa } from "./nfa.ts";
import type { Nfa } from "./nfa.ts";
import type { RegexNode, RegexTree } from "./tree.ts";
import type { Subject } from "./subject.ts";

/** A tree and the automata of its parts, each made when it is first needed. */
export class Program {
  readonly tree: RegexTree;
  readonly built: Built = { count: 0 };
  readonly #automata = new WeakMap<RegexNode, Nfa>();
  readonly #forward = new WeakMap<RegexNode, Machine>();
  readonly #backward = new WeakMap<RegexNode, Machine>();

  /** Throws `RegexFailure` if the expression is too complex. */
  constructor(tree: RegexTree) {
    this.tree = tree;
    for (const { inner } of tree.looks) this.#automaton(inner);
    this.#automaton(tree.root);
  }

  /** Which goes over the part from left to right. */
  forward(node: RegexNode): Machine {
    return this.#machine(node, this.#forward, false);
  }

  /** Which goes over the part from right to left. */
  backward(node: RegexNode): Machine {
    return this.#machine(node, this.#backward, true);
  }

  /** Marks where the lookarounds hold. Of each, by going once over the subject from where what it looks for ends. */
  look(subject: Subject): void {
    const { length } = subject.text;
    for (const { ahead, negative, inner } of this.tree.looks) {
      const places = new Uint8Array(length + 1).fill(negative ? 1 : 0);
      const mark = (place: number): false => {
        places[place] = negative ? 0 : 1;
        return false;
      };
      if (ahead) this.backward(inner).scan(subject, length, 0, "everywhere", mark);
      else this.forward(inner).scan(subject, 0, length, "everywhere", mark);
      subject.looks.push(places);
    }
  }

  #automaton(node: RegexNode): Nfa {
    const known = this.#automata.get(node);
    if (known) return known;
    const made = buildNfa(node, this.tree);
    this.#automata.set(node, made);
    this.built.count += made.arcs.length;
    return made;
  }

  #machine(node: RegexNode, machines: WeakMap<RegexNode, Machine>, backward: boolean): Machine {
    const known = machines.get(node);
    if (known) return known;
    const made = new Machine(this.#automaton(node), backward, this.built);
    machines.set(node, made);
    return made;
  }
}
