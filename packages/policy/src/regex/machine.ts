import { byteClasses, contains, newlineByte, wordBytes } from "./charset.ts";
import type { ByteClasses, CharSet } from "./charset.ts";
import type { ArcLabel, Nfa } from "./nfa.ts";
import { anchorHolds, sideOf } from "./places.ts";
import type { Side } from "./places.ts";
import type { Subject } from "./subject.ts";

/** A state of the deterministic automaton: where the other one may be, before anything is seen of what follows. */
export interface State {
  readonly within: Int32Array;
  /** What has just been passed; always "edge" where nothing depends on it. */
  readonly passed: Side;
  readonly steps: Step[];
  /** The same, with a match beginning here. */
  begun: State | null;
}

export interface Step {
  /** Does a match end here, before what follows is passed? */
  readonly accepts: boolean;
  readonly next: State;
}

interface LeavingArc {
  readonly label: ArcLabel;
  readonly to: number;
}

/** Where matches begin: only at the first place, everywhere, or at the places that are marked. */
export type Beginnings = "first" | "everywhere" | Uint8Array;

/** Counts what is built of the automata of an expression: numbers that are kept, about 50 bytes each, and about as long to make. */
export interface Built {
  count: number;
}

const noSubject: Subject = { text: "", looks: [], steps: 0 };

/** How many numbers the states that are kept may hold together. */
const mostKept = 1_000_000;

/**
 * A deterministic automaton that is built as it is needed, over a subject from left to right or, backward, from
 * right to left. Every character is looked at once, so a scan takes time in proportion to what it goes over.
 */
export class Machine {
  readonly #nfa: Nfa;
  readonly #built: Built;
  readonly #backward: boolean;
  readonly #classes: ByteClasses;
  /** Of each class of bytes. */
  readonly #sides: readonly Side[];
  readonly #anchored: boolean;
  /** The lookarounds that matter here. */
  readonly #looks: readonly number[];
  /** The arcs that leave each state, in the direction of this machine. */
  readonly #arcs: readonly (readonly LeavingArc[])[];
  readonly #seen: Int32Array;
  #round = 0;
  #states = new Map<string, State>();
  #kept = 0;
  readonly #lookSets = new Map<string, number>();

  constructor(nfa: Nfa, backward: boolean, built: Built) {
    this.#nfa = nfa;
    this.#built = built;
    built.count += nfa.arcs.length;
    this.#backward = backward;
    const arcs: LeavingArc[][] = Array.from({ length: nfa.size }, () => []);
    const sets = new Set<CharSet>();
    const looks = new Set<number>();
    let anchored = false;
    for (const { from, to, label } of nfa.arcs) {
      arcs[backward ? to : from]?.push({ label, to: backward ? from : to });
      if (label === null) continue;
      if ("set" in label) sets.add(label.set);
      else if ("look" in label) looks.add(label.look);
      else anchored = true;
    }
    this.#arcs = arcs;
    this.#anchored = anchored;
    this.#looks = [...looks];
    this.#classes = byteClasses(anchored ? [newlineByte, wordBytes, ...sets] : sets);
    this.#sides = representatives(this.#classes).map(sideOf);
    this.#seen = new Int32Array(nfa.size);
  }

  /**
   * Goes from one place of the subject to another, both inclusive, and tells of each place where a match ends that
   * began at one of the beginnings; until `found` says that it is enough.
   */
  scan(
    subject: Subject,
    from: number,
    to: number,
    beginnings: Beginnings,
    found: (place: number) => boolean,
  ): void {
    const { text } = subject;
    const { classes, count } = this.#classes;
    const step = this.#backward ? -1 : 1;
    const ahead = this.#backward ? -1 : 0;
    const before = text.charCodeAt(from + ahead - step);
    let state = this.#state(new Int32Array(), Number.isNaN(before) ? "edge" : sideOf(before));
    for (let place = from; ; place += step) {
      const begins =
        typeof beginnings === "string"
          ? place === from || beginnings === "everywhere"
          : beginnings[place] === 1;
      if (begins) state = this.#begin(state);
      else if (beginnings === "first" && state.within.length === 0) return;
      const byte = text.charCodeAt(place + ahead);
      const seen = Number.isNaN(byte) ? count : classes.charCodeAt(byte);
      const { accepts, next } = this.#step(state, seen, this.#lookSet(subject, place));
      if ((accepts && found(place)) || place === to) return;
      state = next;
    }
  }

  /** Of each byte the character whose code is the number of its class. */
  get classes(): string {
    return this.#classes.classes;
  }

  /** How much has been built of the automata of its expression. */
  get built(): number {
    return this.#built.count;
  }

  /** Do lookarounds matter? Then a state does not tell what follows. */
  get looks(): boolean {
    return this.#looks.length > 0;
  }

  /** The state before a subject. */
  at(): State {
    return this.#state(new Int32Array(), "edge");
  }

  /** What passing a byte of this class comes to, or the end of the subject (null), if matches may begin everywhere. */
  after(state: State, seen: number | null): Step {
    return this.#step(this.#begin(state), seen ?? this.#classes.count, this.#lookSet(noSubject, 0));
  }

  #state(within: Int32Array, side: Side): State {
    const passed = this.#anchored ? side : "edge";
    const key = `${passed} ${within.join(" ")}`;
    const known = this.#states.get(key);
    if (known) return known;
    const size = within.length + this.#classes.count;
    this.#built.count += size;
    this.#kept += size;
    if (this.#kept > mostKept) {
      this.#states = new Map();
      this.#kept = within.length;
    }
    const state: State = { within, passed, steps: [], begun: null };
    this.#states.set(key, state);
    return state;
  }

  #begin(state: State): State {
    const start = this.#backward ? this.#nfa.final : this.#nfa.start;
    // No arc leads to where a match begins, so the state is not there yet.
    return (state.begun ??= this.#state(Int32Array.of(...state.within, start).toSorted(), state.passed));
  }

  /** The number of the set of lookarounds that hold at this place. */
  #lookSet({ looks }: Subject, place: number): number {
    if (this.#looks.length === 0) return 0;
    const key = this.#looks.map((look) => (looks[look]?.[place] === 1 ? "1" : "0")).join("");
    const number = this.#lookSets.get(key) ?? this.#lookSets.size;
    this.#lookSets.set(key, number);
    return number;
  }

  #step(state: State, seen: number, lookSet: number): Step {
    const index = lookSet * (this.#classes.count + 1) + seen;
    return (state.steps[index] ??= this.#makeStep(state, seen, lookSet));
  }

  #makeStep({ within, passed }: State, seen: number, lookSet: number): Step {
    const ahead = this.#sides[seen] ?? "edge";
    const [left, right] = this.#backward ? [ahead, passed] : [passed, ahead];
    const holding = [...this.#lookSets.keys()][lookSet] ?? "";
    const byte = this.#classes.classes.indexOf(String.fromCharCode(seen));
    const goal = this.#backward ? this.#nfa.start : this.#nfa.final;
    this.#round += 1;
    const reached: number[] = [];
    const reach = (state: number): void => {
      if (this.#seen[state] === this.#round) return;
      this.#seen[state] = this.#round;
      reached.push(state);
    };
    const holds = (label: Exclude<ArcLabel, { readonly set: CharSet }>): boolean => {
      if (label === null) return true;
      if ("anchor" in label) return anchorHolds(label.anchor, left, right);
      return holding[this.#looks.indexOf(label.look)] === "1";
    };
    within.forEach(reach);
    const beyond = new Set<number>();
    let walked = 0;
    const follow = ({ label, to }: LeavingArc): void => {
      if (label !== null && "set" in label) {
        if (byte >= 0 && contains(label.set, byte)) beyond.add(to);
      } else if (holds(label)) reach(to);
    };
    // The list grows while it is walked.
    for (const state of reached) {
      const arcs = this.#arcs[state] ?? [];
      walked += arcs.length;
      arcs.forEach(follow);
    }
    this.#built.count += walked;
    const next = this.#state(Int32Array.from(beyond).toSorted(), ahead);
    return { accepts: this.#seen[goal] === this.#round, next };
  }
}

/** A byte of each class. */
function representatives({ count, classes }: ByteClasses): readonly number[] {
  return Array.from({ length: count }, (_, number) => classes.indexOf(String.fromCharCode(number)));
}
