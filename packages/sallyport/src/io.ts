import { buffer, text } from "node:stream/consumers";

/** What a command has of the world around it. */
export interface Io {
  /** Text as UTF-8; bytes as they are. */
  readonly stdout: (output: string | Uint8Array) => void;
  readonly stderr: (text: string) => void;
  readonly stdin: NodeJS.ReadableStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: () => Date;
}

/** All of standard input. */
export async function readStdin({ stdin }: Io): Promise<string> {
  return await text(stdin);
}

/** The same, as it is: not every file is UTF-8. */
export async function readStdinBytes({ stdin }: Io): Promise<Buffer> {
  return await buffer(stdin);
}

/** One JSON document, indented for people. */
export function printJson({ stdout }: Io, value: unknown): void {
  stdout(`${JSON.stringify(value, null, 2)}\n`);
}

/** Lines of text, each with its newline. */
export function printLines({ stdout }: Io, lines: readonly string[]): void {
  stdout(lines.map((line) => `${line}\n`).join(""));
}
