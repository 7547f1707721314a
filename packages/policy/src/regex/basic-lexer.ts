import { openBracket } from "./bracket-lexer.ts";
import { fail, regexErrors } from "./errors.ts";
import type { Lexer } from "./lexer.ts";
import { characterToken } from "./tokens.ts";
import type { RegexToken } from "./tokens.ts";

/** Basic expressions (manual, 9.7.3.7): the operators stand behind a backslash, and some are not there at all. */
export function readBasic(lexer: Lexer, character: string): RegexToken {
  const { token } = lexer;
  const first = token === null;
  const opened = token?.kind === "(";
  switch (character) {
    case "*":
      return first || opened || token.kind === "^" ? characterToken(character) : { kind: "*", greedy: true };
    case "[":
      return openBracket(lexer);
    case ".":
      return { kind: "." };
    case "^":
      return first || opened ? { kind: "^" } : characterToken(character);
    case "$":
      lexer.skip();
      return lexer.atEnd || lexer.pattern.startsWith("\\)", lexer.at)
        ? { kind: "$" }
        : characterToken(character);
    case "\\":
      return lexer.atEnd ? fail(regexErrors.backslash) : readBackslash(lexer, lexer.take());
    default:
      return characterToken(character);
  }
}

function readBackslash(lexer: Lexer, character: string): RegexToken {
  switch (character) {
    case "{":
      lexer.place = "bounds";
      return { kind: "{" };
    case "(":
      return { kind: "(", captures: true };
    case ")":
      return { kind: ")" };
    case "<":
      return { kind: "anchor", anchor: "wordStart" };
    case ">":
      return { kind: "anchor", anchor: "wordEnd" };
    default:
      return /[1-9]/.test(character)
        ? { kind: "reference", group: Number(character) }
        : characterToken(character);
  }
}
