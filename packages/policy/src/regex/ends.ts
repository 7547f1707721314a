import type { Bytes } from "../bytes.ts";
import { everyByte } from "./charset.ts";
import type { RegexDialect } from "./dialect.ts";
import { caught } from "./errors.ts";
import { parseRegex } from "./parser.ts";
import type { RegexNode } from "./tree.ts";

/** What people want to know of an expression before they let it decide about names. */
export interface RegexShape {
  /** Every match begins where the subject does, or the expression says itself (`.*`) that anything may stand before. */
  readonly heldAtStart: boolean;
  /** The same of the end. */
  readonly heldAtEnd: boolean;
  /** How many groups capture. */
  readonly groups: number;
}

/**
 * How an expression is held to the ends of its subject. Told by how it is written, branch by branch: one that is held in
 * another way, such as by a lookaround, counts as not held.
 *
 * @returns null if it is no expression
 */
export function regexShape(pattern: Bytes, dialect: RegexDialect): RegexShape | null {
  const tree = caught(() => parseRegex(pattern, dialect));
  if ("error" in tree) return null;
  return {
    heldAtStart: isHeld(tree.root, "start"),
    heldAtEnd: isHeld(tree.root, "end"),
    groups: tree.groups.size,
  };
}

type End = "start" | "end";

function isHeld(node: RegexNode, end: End): boolean {
  switch (node.kind) {
    case "anchor":
      return node.anchor === end || node.anchor === (end === "start" ? "lineStart" : "lineEnd");
    case "group":
      return isHeld(node.inner, end);
    case "branch": {
      const outermost = end === "start" ? node.items.at(0) : node.items.at(-1);
      return outermost !== undefined && isHeld(outermost, end);
    }
    case "alternation":
      return node.branches.every((branch) => isHeld(branch, end));
    case "repeat":
      if (node.max === Infinity && isAnything(node.inner)) return true;
      return node.min > 0 && isHeld(node.inner, end);
    default:
      return false;
  }
}

function isAnything(node: RegexNode): boolean {
  if (node.kind === "group") return isAnything(node.inner);
  if (node.kind === "branch") return node.items.length === 1 && node.items.every(isAnything);
  return node.kind === "set" && node.set === everyByte;
}
