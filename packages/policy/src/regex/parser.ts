import type { Bytes } from "../bytes.ts";
import { parseBracket } from "./bracket.ts";
import { bothCases, classOf, complementOf, everyByte, newlineByte, noByte, oneOf } from "./charset.ts";
import type { CharSet } from "./charset.ts";
import type { RegexDialect } from "./dialect.ts";
import { fail, regexErrors } from "./errors.ts";
import { Lexer } from "./lexer.ts";
import type { RegexToken } from "./tokens.ts";
import { readOptions } from "./options.ts";
import { parseQuantifier } from "./quantifier.ts";
import {
  alternationNode,
  anchorNode,
  branchNode,
  groupNode,
  lookNode,
  referenceNode,
  repeatNode,
  setNode,
} from "./tree.ts";
import type { Look, RegexNode, RegexTree } from "./tree.ts";

/** How deep parentheses may stand in one another: what walks the tree goes as deep. */
const deepest = 250;

/** Reads a pattern (manual, 9.7.3). Throws `RegexFailure` for the first mistake, in PostgreSQL's order. */
export function parseRegex(pattern: Bytes, dialect: RegexDialect): RegexTree {
  const { options, start } = readOptions(pattern);
  const parser = new Parser(new Lexer(pattern, start, options, dialect));
  const root = parser.parse();
  const { looks, groups } = parser;
  const { referencesKeepConstraints } = dialect;
  return { root, looks, groups, ignoreCase: options.ignoreCase, referencesKeepConstraints };
}

/** Where an expression stands. */
interface Surroundings {
  readonly depth: number;
  /** In a lookaround nothing captures, and nothing is referred to. */
  readonly inLook: boolean;
}

class Parser {
  readonly looks: Look[] = [];
  readonly groups: Map<number, RegexNode> = new Map();
  readonly #lexer: Lexer;
  #token: RegexToken;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    this.#token = lexer.next();
  }

  parse(): RegexNode {
    return this.#alternation({ depth: 0, inLook: false });
  }

  #next(): RegexToken {
    return (this.#token = this.#lexer.next());
  }

  #alternation(where: Surroundings): RegexNode {
    if (where.depth > deepest) fail(regexErrors.tooComplex);
    const branches = [this.#branch(where)];
    while (this.#token.kind === "|") {
      this.#next();
      branches.push(this.#branch(where));
    }
    const [only, ...more] = branches;
    return only && more.length === 0 ? only : alternationNode(branches);
  }

  #branch(where: Surroundings): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      const { kind } = this.#token;
      if (kind === "|" || kind === "end" || (kind === ")" && where.depth > 0)) return branchNode(items);
      items.push(this.#item(where));
    }
  }

  /** A constraint, or an atom with its quantifier. */
  #item(where: Surroundings): RegexNode {
    const token = this.#token;
    const { newlineAnchors } = this.#lexer.options;
    switch (token.kind) {
      case "^":
        this.#next();
        return anchorNode(newlineAnchors ? "lineStart" : "start");
      case "$":
        this.#next();
        return anchorNode(newlineAnchors ? "lineEnd" : "end");
      case "anchor":
        this.#next();
        return anchorNode(token.anchor);
      case "look": {
        this.#next();
        const inner = this.#inParentheses({ depth: where.depth + 1, inLook: true });
        this.looks.push({ ahead: token.ahead, negative: token.negative, inner });
        return lookNode(this.looks.length - 1);
      }
      default: {
        const atom = this.#atom(where);
        const quantifier = parseQuantifier(this.#token, () => this.#next());
        if (quantifier === null) return atom;
        const { min, max, preference } = quantifier;
        return max === 0 ? branchNode([]) : repeatNode(atom, min, max, preference);
      }
    }
  }

  #atom(where: Surroundings): RegexNode {
    const token = this.#token;
    switch (token.kind) {
      case "character":
        return this.#set(this.#characters(oneOf(token.code)));
      case ")":
        // An extended expression takes it for a character if there is nothing to close: so says POSIX.
        if (this.#lexer.options.syntax !== "extended") return fail(regexErrors.parentheses);
        return this.#set(oneOf(0x29));
      case ".":
        return this.#set(complementOf(this.#stops()));
      case "class": {
        const set = classOf(token.name);
        if (!token.negated) return this.#set(set);
        const stops = this.#lexer.dialect.complementsMatchNewline ? noByte : this.#stops();
        return this.#set(complementOf(set | stops));
      }
      case "[": {
        const set = this.#characters(parseBracket(this.#lexer));
        return this.#set(token.negated ? complementOf(set | this.#stops()) : set);
      }
      case "(":
        return this.#parenthesis(token.captures && !where.inLook, where);
      case "reference": {
        const inner = this.groups.get(token.group);
        if (where.inLook || !inner) return fail(regexErrors.reference);
        this.#next();
        return referenceNode(token.group, inner);
      }
      default:
        return fail(regexErrors.quantifier);
    }
  }

  #set(set: CharSet): RegexNode {
    this.#next();
    return setNode(set & everyByte);
  }

  #characters(set: CharSet): CharSet {
    return this.#lexer.options.ignoreCase ? bothCases(set) : set;
  }

  /** What `.` and a negated bracket do not match. */
  #stops(): CharSet {
    return this.#lexer.options.newlineStops ? newlineByte : noByte;
  }

  #parenthesis(captures: boolean, where: Surroundings): RegexNode {
    const group = captures ? (this.#lexer.groups += 1) : 0;
    this.#next();
    const inner = this.#inParentheses({ ...where, depth: where.depth + 1 });
    if (!captures) return branchNode([inner]);
    this.groups.set(group, inner);
    return groupNode(group, inner);
  }

  #inParentheses(where: Surroundings): RegexNode {
    const inner = this.#alternation(where);
    if (this.#token.kind !== ")") fail(regexErrors.parentheses);
    this.#next();
    return inner;
  }
}
