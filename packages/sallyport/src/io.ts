import { buffer } from "node:stream/consumers";
import type { Bytes } from "@sallyport/policy";

/** What a command has of the world around it. */
export interface Io {
  /** Text as UTF-8; bytes as they are. */
  readonly stdout: (output: string | Uint8Array) => void;
  readonly stderr: (text: string) => void;
  readonly stdin: NodeJS.ReadableStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: () => Date;
}

/** All of standard input, as UTF-8. */
export async function readStdin(io: Io): Promise<string> {
  return Buffer.from(await readStdinBytes(io), "latin1").toString("utf8");
}

/** What has been read is kept: one command line may ask for it twice, as `diff - --server-version 15..18` does. */
const inputs = new WeakMap<Io["stdin"], Promise<Bytes>>();

/** The same, a unit each byte: not every file is UTF-8, and a byte order mark is a part of it. */
export async function readStdinBytes({ stdin }: Io): Promise<Bytes> {
  const read = inputs.get(stdin) ?? buffer(stdin).then((bytes) => bytes.toString("latin1"));
  inputs.set(stdin, read);
  return await read;
}

/** One JSON document, indented for people. */
export function printJson({ stdout }: Io, value: unknown): void {
  stdout(`${JSON.stringify(value, null, 2)}\n`);
}

/** Lines of text, each with its newline. */
export function printLines({ stdout }: Io, lines: readonly string[]): void {
  stdout(lines.map((line) => `${line}\n`).join(""));
}
