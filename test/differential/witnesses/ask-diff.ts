import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import type { Tree } from "@sallyport/testkit";
import { main } from "../../../packages/sallyport/src/main.ts";
import type { Asked, DecisionAnswer } from "../decisions/explain-batch.ts";

/** The part of a change's JSON form that a comparison needs. */
export interface AskedChange {
  readonly kind: "widening" | "narrowing" | "changed";
  readonly words: string;
  readonly witness: Asked & { readonly gssenc: boolean };
  readonly old: DecisionAnswer;
  readonly new: DecisionAnswer;
}

/** `sallyport diff OLD NEW`: its changes, with the files as they are called where they are put; null: a side does not load. */
export async function askDiff(
  sides: Readonly<Record<"old" | "new", Tree>>,
  facts: readonly string[],
  dataDirectory: string,
): Promise<readonly AskedChange[] | null> {
  await using room = await tempDirectory();
  const [old, now] = [join(room.path, "old"), join(room.path, "new")];
  await writeTree(old, sides.old);
  await writeTree(now, sides.new);
  let stdout = "";
  let stderr = "";
  const status = await main(["diff", old, now, "--format", "json", ...facts], {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    stdin: process.stdin,
    environment: {},
    clock: () => new Date(),
  });
  if (status === 2 && stderr.includes("does not load")) return null;
  if (status === 2) throw new Error(`diff: status ${status}: ${stderr}`);
  const placed = [old, now].reduce((text, directory) => text.replaceAll(directory, dataDirectory), stdout);
  return (JSON.parse(placed) as { readonly changes: readonly AskedChange[] }).changes;
}

async function writeTree(directory: string, tree: Tree): Promise<void> {
  await mkdir(directory);
  for (const [name, entry] of tree) {
    if (entry.kind === "directory") await mkdir(join(directory, name), { recursive: true });
    else if (entry.kind === "file") await writeFile(join(directory, name), entry.bytes, "latin1");
    else throw new Error(`${name} is a link`);
  }
}
