import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import { sallyport } from "./cli.ts";
import type { CliResult } from "./cli.ts";

/** A directory with files to ask about. In them, in what is asked and in the answers `DIR` stands for its name or path. */
export interface PolicyRoom extends AsyncDisposable {
  /** Runs a command there, on its `pg_hba.conf` and `pg_ident.conf` unless the arguments name a file. */
  readonly run: (command: string, args: readonly string[], input?: string) => Promise<CliResult>;
}

/** Makes it, with these files by their names. */
export async function policyRoom(contents: Readonly<Record<string, string>>): Promise<PolicyRoom> {
  const { path, remove } = await tempDirectory();
  const named = (text: string): string => text.replaceAll("DIR", basename(path));
  const shown = (text: string): string => text.replaceAll(path, "DIR").replaceAll(basename(path), "DIR");
  for (const [name, text] of Object.entries(contents)) {
    await mkdir(join(path, dirname(name)), { recursive: true });
    await writeFile(join(path, name), named(text));
  }
  return {
    run: async (command, args, input = "") => {
      const files = args.includes("--hba") ? [] : ["--hba", "pg_hba.conf", "--ident", "pg_ident.conf"];
      const result = await sallyport([command, ...files, ...args], { cwd: path, input: named(input) });
      return { ...result, stdout: shown(result.stdout), stderr: shown(result.stderr) };
    },
    [Symbol.asyncDispose]: remove,
  };
}
