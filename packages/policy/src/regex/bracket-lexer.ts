import { fail, regexErrors } from "./errors.ts";
import { readEscape } from "./escapes.ts";
import type { Lexer } from "./lexer.ts";
import { characterToken } from "./tokens.ts";
import type { RegexToken } from "./tokens.ts";

/** A bracket has been read: of a set, or of `[[:<:]]` or `[[:>:]]`, which are no sets. */
export function openBracket(lexer: Lexer): RegexToken {
  if (lexer.eat("[:<:]]")) return { kind: "anchor", anchor: "wordStart" };
  if (lexer.eat("[:>:]]")) return { kind: "anchor", anchor: "wordEnd" };
  lexer.place = "bracket";
  return { kind: "[", negated: lexer.eat("^") };
}

/** A character has been taken within brackets. */
export function bracketToken(lexer: Lexer, character: string): RegexToken {
  const first = lexer.token?.kind === "[";
  switch (character) {
    case "\\":
      return lexer.advanced ? bracketEscape(lexer) : characterToken(character);
    case "-":
      return first || lexer.peek() === "]" ? characterToken(character) : { kind: "range" };
    case "]":
      if (first) return characterToken(character);
      lexer.place = "outside";
      return { kind: "]" };
    case "[":
      return openName(lexer, character);
    default:
      return characterToken(character);
  }
}

/** Only those escapes that stand for characters. */
function bracketEscape(lexer: Lexer): RegexToken {
  if (lexer.atEnd) return fail(regexErrors.backslash);
  const token = readEscape(lexer);
  if (token.kind === "character") return token;
  if (token.kind === "class" && !token.negated && token.name === "word" && lexer.dialect.wordEscapeIsText) {
    lexer.kept = characterToken("_");
    return { ...token, name: "alnum" };
  }
  const isSet = token.kind === "class" && (!token.negated || lexer.dialect.complementsInBrackets);
  return isSet ? token : fail(regexErrors.backslash);
}

function openName(lexer: Lexer, character: string): RegexToken {
  if (lexer.atEnd) return fail(regexErrors.brackets);
  for (const mark of [".", "=", ":"] as const) {
    if (!lexer.eat(mark)) continue;
    lexer.place = mark;
    return { kind: `[${mark}` };
  }
  return characterToken(character);
}

/** A character has been taken within `[.`, `[=` or `[:`. */
export function namedPartToken(lexer: Lexer, mark: "." | "=" | ":", character: string): RegexToken {
  if (character !== mark || !lexer.eat("]")) return characterToken(character);
  lexer.place = "bracket";
  return { kind: "endName" };
}
