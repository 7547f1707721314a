import type { Bytes } from "../bytes.ts";
import { readBasic } from "./basic-lexer.ts";
import { bracketToken, namedPartToken, openBracket } from "./bracket-lexer.ts";
import { fail, regexErrors } from "./errors.ts";
import { readEscape } from "./escapes.ts";
import type { RegexDialect } from "./dialect.ts";
import type { RegexOptions } from "./options.ts";
import { characterToken } from "./tokens.ts";
import type { LexerPlace, RegexToken } from "./tokens.ts";

/** Reads a pattern token by token, one ahead of the parser. Whatever is wrong ends it, in the order of reading. */
export class Lexer {
  readonly pattern: Bytes;
  readonly options: RegexOptions;
  readonly dialect: RegexDialect;
  at: number;
  place: LexerPlace = "outside";
  /** How many groups have been opened: `\12` is a reference if there are as many. */
  groups = 0;
  token: RegexToken | null = null;
  /** What comes next, whatever follows in the pattern. */
  kept: RegexToken | null = null;

  constructor(pattern: Bytes, start: number, options: RegexOptions, dialect: RegexDialect) {
    this.pattern = pattern;
    this.at = start;
    this.options = options;
    this.dialect = dialect;
  }

  get advanced(): boolean {
    return this.options.syntax === "advanced";
  }

  get atEnd(): boolean {
    return this.at >= this.pattern.length;
  }

  /** The character after the next `skipped` ones; empty at the end. */
  peek(skipped = 0): string {
    return this.pattern[this.at + skipped] ?? "";
  }

  take(): string {
    const character = this.peek();
    this.at += 1;
    return character;
  }

  /** Takes the text if it is what follows. */
  eat(text: string): boolean {
    if (!this.pattern.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  next(): RegexToken {
    const token = this.read();
    this.token = token;
    return token;
  }

  /** In expanded syntax, passes by white space, and comments to the end of the line. */
  skip(): void {
    if (!this.options.expanded) return;
    for (;;) {
      while (/[ \t\n\v\f\r]/.test(this.peek())) this.at += 1;
      if (this.peek() !== "#") return;
      while (!this.atEnd && this.peek() !== "\n") this.at += 1;
    }
  }

  private read(): RegexToken {
    const kept = this.kept;
    this.kept = null;
    if (kept) return kept;
    for (;;) {
      if (this.place === "outside" || this.place === "bounds") this.skip();
      if (this.atEnd) return this.readEnd();
      if (this.advanced && this.place === "outside" && this.eat("(?#")) {
        while (!this.atEnd && this.take() !== ")");
        continue;
      }
      const character = this.take();
      switch (this.place) {
        case "bounds":
          return readBounds(this, character);
        case "bracket":
          return bracketToken(this, character);
        case "outside":
          return this.readOutside(character);
        default:
          return namedPartToken(this, this.place, character);
      }
    }
  }

  private readEnd(): RegexToken {
    if (this.place === "outside") return { kind: "end" };
    return fail(this.place === "bounds" ? regexErrors.braces : regexErrors.brackets);
  }

  private readOutside(character: string): RegexToken {
    const { syntax } = this.options;
    if (syntax === "literal") return characterToken(character);
    return syntax === "basic" ? readBasic(this, character) : readExtended(this, character);
  }
}

function readBounds(lexer: Lexer, character: string): RegexToken {
  if (/[0-9]/.test(character)) return { kind: "digit", value: Number(character) };
  if (character === ",") return { kind: "," };
  const { syntax } = lexer.options;
  const closed = syntax === "basic" ? character === "\\" && lexer.eat("}") : character === "}";
  if (!closed) return fail(regexErrors.bounds);
  lexer.place = "outside";
  return { kind: "}", greedy: isGreedy(lexer) };
}

function isGreedy(lexer: Lexer): boolean {
  return !(lexer.advanced && lexer.eat("?"));
}

/** Extended and advanced expressions. */
function readExtended(lexer: Lexer, character: string): RegexToken {
  switch (character) {
    case "|":
    case ".":
    case "^":
    case "$":
    case ")":
      return { kind: character };
    case "*":
    case "+":
    case "?":
      return { kind: character, greedy: isGreedy(lexer) };
    case "{":
      lexer.skip();
      if (!/[0-9]/.test(lexer.peek())) return characterToken(character);
      lexer.place = "bounds";
      return { kind: "{" };
    case "(":
      return lexer.advanced && lexer.eat("?") ? readParenthesis(lexer) : { kind: "(", captures: true };
    case "[":
      return openBracket(lexer);
    case "\\":
      if (lexer.atEnd) return fail(regexErrors.backslash);
      return lexer.advanced ? readEscape(lexer) : characterToken(lexer.take());
    default:
      return characterToken(character);
  }
}

/** What stands behind `(?`. */
function readParenthesis(lexer: Lexer): RegexToken {
  if (lexer.eat(":")) return { kind: "(", captures: false };
  for (const [text, ahead, negative] of lookarounds) {
    if (lexer.eat(text)) return { kind: "look", ahead, negative };
  }
  return fail(regexErrors.quantifier);
}

const lookarounds = [
  ["=", true, false],
  ["!", true, true],
  ["<=", false, false],
  ["<!", false, true],
] as const;
