import { readFile } from "node:fs/promises";
import { Failure } from "../failure.ts";
import { readStdin } from "../io.ts";
import type { Io } from "../io.ts";

/** The text of a file; `-` is standard input. */
export async function readInput(file: string, io: Io): Promise<string> {
  if (file === "-") return await readStdin(io);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Failure(`could not read "${file}": ${error instanceof Error ? error.message : String(error)}`);
  }
}
