import { readFile } from "node:fs/promises";
import type { Bytes } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { readStdin, readStdinBytes } from "../io.ts";
import type { Io } from "../io.ts";

/** The bytes of a file, a unit each; `-` is standard input. */
export async function readInputBytes(file: string, io: Io): Promise<Bytes> {
  if (file === "-") return await readStdinBytes(io);
  return await read(file, "latin1");
}

/** The text of a file; `-` is standard input. */
export async function readInput(file: string, io: Io): Promise<string> {
  if (file === "-") return await readStdin(io);
  return await read(file, "utf8");
}

async function read(file: string, encoding: "latin1" | "utf8"): Promise<string> {
  try {
    return await readFile(file, encoding);
  } catch (error) {
    throw new Failure(`could not read "${file}": ${error instanceof Error ? error.message : String(error)}`);
  }
}
