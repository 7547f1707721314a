import { contains, newlineByte, wordBytes } from "./charset.ts";
import type { Anchor } from "./tree.ts";

/** What stands on one side of a place: nothing, since the subject ends there, or a byte of this kind. */
export type Side = "edge" | "newline" | "word" | "other";

export function sideOf(byte: number): Side {
  if (contains(newlineByte, byte)) return "newline";
  return contains(wordBytes, byte) ? "word" : "other";
}

/** Does the anchor hold between these two? */
export function anchorHolds(anchor: Anchor, left: Side, right: Side): boolean {
  switch (anchor) {
    case "start":
      return left === "edge";
    case "end":
      return right === "edge";
    case "lineStart":
      return left === "edge" || left === "newline";
    case "lineEnd":
      return right === "edge" || right === "newline";
    case "wordStart":
      return left !== "word" && right === "word";
    case "wordEnd":
      return left === "word" && right !== "word";
    case "wordBoundary":
      return (left === "word") !== (right === "word");
    case "noWordBoundary":
      return (left === "word") === (right === "word");
  }
}
