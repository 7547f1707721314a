/**
 * Set up once for a test run: the command line that the tests start, in a few large modules instead of some 600 small
 * ones. To find and to load those takes Node 0.5 s of processor time at each start, and the tests start it many hundred
 * times. It is made of the sources of this very moment (0.6 s), so it cannot be old. The sources as they are, and what
 * is published of them, are started by the tests of the documents, of the service managers and of the twins.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import type { OutputChunk } from "rolldown";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The directory of the program, with `cli.js`, `try-out.js` and, once it has run, its compiled code. */
    readonly program: string;
  }
}

const source = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What is started by its file name, each where those who start it look: beside themselves. */
const input = {
  cli: source("sallyport/src/cli.ts"),
  "try-out": source("sallyport/src/demo/main.ts"),
  thread: source("sallyport/src/gate/difference/thread.ts"),
  "acceptor-thread": source("methods/src/os/gssapi/acceptor-thread.ts"),
  "child/main": source("methods/src/os/pam/child/main.ts"),
};

/** In `node_modules`, so that what is not in the program is found: koffi, and the embedded server. */
const shelf = fileURLToPath(new URL("../../../node_modules/.cache/sallyport-program/", import.meta.url));
const dayMs = 86_400_000;

export async function setup({ provide }: TestProject): Promise<void> {
  await mkdir(shelf, { recursive: true });
  const workshop = await mkdtemp(join(shelf, "new-"));
  await chmod(workshop, 0o755);
  const bundle = await rolldown({
    input,
    platform: "node",
    resolve: { conditionNames: ["sallyport-source", "import", "node", "default"] },
    external: ["koffi"],
  });
  const { output } = await bundle.write({ dir: join(workshop, "lib"), entryFileNames: "[name].js" });
  await bundle.close();
  await copyFile(source("sallyport/package.json"), join(workshop, "package.json"));
  const program = join(shelf, hashOf(output.filter((one) => one.type === "chunk")));
  // Equal sources make an equal program, whose compiled code is used again. Another run may use it, or make it now.
  await rename(workshop, program).catch(async (error: unknown) => {
    await rm(workshop, { recursive: true, force: true });
    if (!existsSync(program)) throw error;
  });
  await removeOld(program);
  provide("program", program);
}

function hashOf(chunks: readonly OutputChunk[]): string {
  const hash = createHash("sha256");
  for (const { fileName, code } of chunks) hash.update(JSON.stringify([fileName, code]));
  return hash.digest("hex").slice(0, 16);
}

async function removeOld(current: string): Promise<void> {
  for (const name of await readdir(shelf)) {
    const path = join(shelf, name);
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (path !== current && age > dayMs) await rm(path, { recursive: true, force: true });
  }
}
