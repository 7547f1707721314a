import type { ClassName } from "./charset.ts";
import type { Anchor } from "./tree.ts";

/** What a pattern is made of. */
export type RegexToken =
  | { readonly kind: "end" | "|" | ")" | "." | "]" | "range" | "," | "{" }
  | { readonly kind: "character"; readonly code: number }
  | { readonly kind: "digit"; readonly value: number }
  | { readonly kind: "*" | "+" | "?" | "}"; readonly greedy: boolean }
  | { readonly kind: "("; readonly captures: boolean }
  | { readonly kind: "["; readonly negated: boolean }
  | { readonly kind: "class"; readonly name: ClassName; readonly negated: boolean }
  | { readonly kind: "reference"; readonly group: number }
  | { readonly kind: "anchor"; readonly anchor: Anchor }
  /** `^` and `$`: what they mean is the options' to say. */
  | { readonly kind: "^" | "$" }
  | { readonly kind: "look"; readonly ahead: boolean; readonly negative: boolean }
  /** Of a bracket: what follows, up to the next of them, is a name. */
  | { readonly kind: "[." | "[=" | "[:" | "endName" };

/** Where the next character stands: it means another thing in brackets and in braces. */
export type LexerPlace = "outside" | "bounds" | "bracket" | "." | "=" | ":";

export function characterToken(character: string): RegexToken {
  return { kind: "character", code: character.charCodeAt(0) };
}
