import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { finish, parsePolicySteps, utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { fromTop, gitRevision, parseRevision } from "./git-revision.ts";
import type { GitRevision } from "./git-revision.ts";
import { profileOf } from "./policy-options.ts";
import type { PolicyOptions } from "./policy-options.ts";
import { exists, isGate, isServer } from "./directories.ts";
import { readTarget, targetDiagnostics } from "./target.ts";
import type { Target } from "./target.ts";

/**
 * Reads one side of a comparison: a `pg_hba.conf` with the `pg_ident.conf` beside it, a directory with both (a gate's, a server's
 * or any), or `REV:PATH` of git, where PATH may be either. Warnings go to standard error; a side that does not load is a failure.
 */
export async function readSide(name: string, options: PolicyOptions, io: Io): Promise<Policy> {
  const target = await readAny(name, options, io);
  const diagnostics = targetDiagnostics(target);
  const { policy } = target.reading;
  if (!policy || target.refused.length > 0) {
    throw new Failure(`"${name}" does not load`, { excerpt: diagnostics.join("\n") });
  }
  // A server starts without its maps; to compare with nothing would not be what was asked for.
  if (target.reading.ident?.loads === false) {
    throw new Failure(`the maps of "${name}" do not load`, { excerpt: diagnostics.join("\n") });
  }
  for (const text of diagnostics) io.stderr(`${text}\n`);
  return policy;
}

async function readAny(name: string, options: PolicyOptions, io: Io): Promise<Target> {
  const status = name === "-" ? null : await stat(name).catch(() => null);
  if (status?.isDirectory()) {
    if ((await isGate(name)) || (await isServer(name)))
      return await readTarget({ ...options, directory: name }, io);
    return await readFiles(join(name, "pg_hba.conf"), options, io);
  }
  const revision = status || name === "-" ? null : parseRevision(name);
  if (revision) return await readRevision(revision.revision, await fromTop(revision.path), options);
  return await readFiles(name, options, io);
}

async function readFiles(hba: string, options: PolicyOptions, io: Io): Promise<Target> {
  const ident = hba === "-" ? null : identBeside(hba);
  return await readTarget(
    { ...options, hba, ...(ident !== null && (await exists(ident)) ? { ident } : {}) },
    io,
  );
}

/** `x/pg_hba.conf` comes with `x/pg_ident.conf`, `new_hba.conf` with `new_ident.conf`, and another name with no maps. */
function identBeside(hba: string): string | null {
  const file = basename(hba);
  return file.includes("hba") ? join(dirname(hba), file.replace("hba", "ident")) : null;
}

async function readRevision(revision: string, path: string, options: PolicyOptions): Promise<Target> {
  const git = gitRevision(revision);
  const hba = (await git.isDirectory(path)) ? join(path, "pg_hba.conf") : path;
  if ("openError" in (await git.file(hba))) throw new Failure(`there is no "${hba}" in ${revision}`);
  const ident = identBeside(hba);
  const isThere = ident !== null && !("openError" in (await git.file(ident)));
  const files = {
    hbaFile: git.nameOf(hba),
    ...(ident !== null && isThere ? { identFile: git.nameOf(ident) } : {}),
  };
  const profile = profileOf(options);
  const disk = emptyDisk();
  const source = {
    hbaFileName: utf8Bytes(files.hbaFile),
    identFileName: files.identFile === undefined ? null : utf8Bytes(files.identFile),
    profile,
  };
  // What is in the revision first; then `readPolicy` asks for the rest, such as names of interfaces.
  for (;;) {
    const needs = finish(parsePolicySteps(source, disk)).needs.filter(
      ({ kind }) => kind === "file" || kind === "directory",
    );
    if (needs.length === 0) break;
    for (const { kind, name } of needs) {
      const inside = pathInside(git, name, `${revision}:${path}`);
      if (kind === "file") disk.files.set(name, await git.file(inside));
      else disk.directories.set(name, await git.directory(inside));
    }
  }
  const reading = await readPolicy({ ...files, profile, disk });
  return { reading, disk, profile, settings: null, refused: [] };
}

function pathInside(git: GitRevision, name: string, side: string): string {
  const path = git.pathOf(name);
  if (path !== null) return path;
  throw new Failure(`"${side}" includes "${utf8Text(name)}", which is in no revision`, {
    hint: "Only names relative to the file that includes them lead to files of the same revision.",
  });
}
