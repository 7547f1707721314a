import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Build, Major } from "@sallyport/testkit";

/** A differential test, by the name of its file. */
export type Differential = "views" | "decisions" | "maps" | "regex" | "compiled";

/** A mistake that somebody could have made in the parser or the matcher. */
export interface Fault {
  /** What the code then believes. */
  readonly name: string;
  /** Below `packages/policy/src`. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The tests that may notice, in the order in which they are asked. */
  readonly by: readonly Differential[];
  /** The server that is asked; default: 18. */
  readonly major?: Major;
  /** Whose views are asked; default: the embedded one. */
  readonly build?: Build;
}

/** Where the file of a fault is, in a checkout or in a copy of one. */
export function pathOf({ file }: Fault, root: string): string {
  return join(root, "packages/policy/src", file);
}

/** The source with the fault in it. */
export async function faulty(fault: Fault, root: string): Promise<string> {
  const [before, after, ...more] = (await readFile(pathOf(fault, root), "utf8")).split(fault.find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${fault.file}: what "${fault.name}" replaces does not stand there exactly once`);
  }
  return before + fault.replace + after;
}
