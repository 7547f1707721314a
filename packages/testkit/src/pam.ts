import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Judges by a file of `user:password:service` lines, as root and as anybody else (package libpam-wrapper). */
export const pamMatrix = "/usr/lib/x86_64-linux-gnu/pam_wrapper/pam_matrix.so";

/** Says so many lines of information, of errors, or of both (the same package). */
export const pamChatty = "/usr/lib/x86_64-linux-gnu/pam_wrapper/pam_chatty.so";

export interface PamFiles {
  /** By the name of the service, the lines of its file (pam.d(5)). */
  readonly services: Readonly<Record<string, readonly string[]>>;
  /** What the lines name, by path in the directory; those that begin with `#!` can be run. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes, byte for byte, service files into a directory of their own, open to the user whom a server runs as. `DIR` in them is its path. */
export async function writePamFiles(directory: string, { services, files = {} }: PamFiles): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  const all = Object.entries(services).map(([name, lines]) => [name, `${lines.join("\n")}\n`] as const);
  for (const [name, text] of [...all, ...Object.entries(files)]) {
    const path = join(directory, name);
    await writeFile(path, text.replaceAll("DIR", directory), "latin1");
    await chmod(path, text.startsWith("#!") ? 0o755 : 0o644);
  }
}
