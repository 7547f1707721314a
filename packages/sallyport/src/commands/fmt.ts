import { resolve } from "node:path";
import { Command, Option } from "commander";
import { changesOf, formatFile } from "@sallyport/analysis";
import type { FileKind } from "@sallyport/analysis";
import { utf8Bytes } from "@sallyport/policy";
import type { Bytes, ServerProfile } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import { Failure } from "../failure.ts";
import { printLines, readStdinBytes } from "../io.ts";
import type { Io } from "../io.ts";
import { addPolicyOptions } from "../options/policy-options.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { exists } from "../options/directories.ts";
import { findFiles, nothingNamed } from "../options/target.ts";
import { changesText, lineCount } from "../output/changes-text.ts";
import { counted, printable } from "../output/printable.ts";
import { readOriginal, rewriteFile } from "../output/rewrite-file.ts";
import type { OriginalFile } from "../output/rewrite-file.ts";
import { isIdent } from "./check-files.ts";
import type { CommandMaker } from "./command-maker.ts";

interface FmtOptions extends PolicyOptions {
  readonly write?: boolean;
  readonly check?: boolean;
}

interface NamedFile {
  readonly kind: FileKind;
  readonly file: string;
}

interface FormattedFile {
  readonly name: string;
  /** Null: it came by standard input. */
  readonly original: OriginalFile | null;
  readonly before: Bytes;
  readonly after: Bytes;
}

export const fmtCommand: CommandMaker = (io, done) =>
  addPolicyOptions(
    new Command("fmt")
      .description("aligns the columns of files; every rule, every comment and every line number stays")
      .argument(
        "[file...]",
        "files to format; one with ident in its name is a pg_ident.conf, - is standard input",
      ),
  )
    .option("--write", "rewrite the files, instead of printing them")
    .addOption(new Option("--check", "print which files would change, and how").conflicts("write"))
    .action(async (files: readonly string[], { write = false, check = false, ...options }: FmtOptions) => {
      const { named, profile } = await filesOf(files, options);
      if (write && named.some(({ file }) => file === "-")) {
        throw new Failure("standard input cannot be rewritten", {
          hint: "Without --write it is printed as it should be.",
        });
      }
      // Nothing is written before all of them are known to be right.
      const formatted: FormattedFile[] = [];
      for (const each of named) formatted.push(await format(each, profile, io));
      const changed = formatted.filter(({ before, after }) => before !== after);
      if (check) reportChanges(changed, io);
      else if (write) for (const each of changed) await rewrite(each, io);
      else for (const { after } of formatted) io.stdout(Buffer.from(after, "latin1"));
      done(check && changed.length > 0 ? 1 : 0);
    });

/** The files of the command line, else those of a directory, of which the maps may be missing. */
async function filesOf(
  files: readonly string[],
  options: PolicyOptions,
): Promise<{ readonly named: readonly NamedFile[]; readonly profile: ServerProfile }> {
  const { hbaFile, identFile, profile } = await findFiles(options);
  const named: NamedFile[] = [
    ...(options.hba === undefined ? [] : [{ kind: "hba", file: options.hba } as const]),
    ...(options.ident === undefined ? [] : [{ kind: "ident", file: options.ident } as const]),
    ...files.map((file) => ({ kind: isIdent(file) ? "ident" : "hba", file }) as const),
  ];
  if (named.length === 0) {
    if (hbaFile !== null) named.push({ kind: "hba", file: hbaFile });
    if (identFile !== null && (await exists(identFile))) named.push({ kind: "ident", file: identFile });
  }
  if (named.length === 0) throw nothingNamed();
  return { named, profile };
}

async function format({ kind, file }: NamedFile, profile: ServerProfile, io: Io): Promise<FormattedFile> {
  const original = file === "-" ? null : await readOriginal(file);
  const before = original?.bytes ?? (await readStdinBytes(io)).toString("latin1");
  const name = printable(original?.name ?? "<stdin>");
  const path = resolve(original?.name ?? "<stdin>");
  const disk = emptyDisk();
  disk.files.set(utf8Bytes(path), { bytes: before });
  // What it includes is read for the words about lines that are refused, and is not touched.
  const names = kind === "hba" ? { hbaFile: path } : { hbaFile: "/dev/null", identFile: path };
  await readPolicy({ ...names, profile, disk });
  const result = formatFile({ kind, fileName: utf8Bytes(path), bytes: before, profile, disk });
  if (result.difference) {
    const { lineNumber, what } = result.difference;
    throw new Failure(`internal error: ${name} would not be the same file`, {
      detail: lineNumber === null ? `${what}.` : `Line ${lineNumber}: ${what}.`,
      hint: "Nothing was written. Please report this, with the file.",
    });
  }
  for (const { lineNumber, reason } of result.leftAlone) {
    io.stderr(`${name}:${lineNumber}: left as it is: ${printable(reason)}\n`);
  }
  return { name, original, before, after: result.bytes };
}

function reportChanges(changed: readonly FormattedFile[], io: Io): void {
  for (const { name, before, after } of changed) {
    const changes = changesOf(before, after);
    printLines(io, [`${name}: ${counted(lineCount(changes), "line")} would change`, ...changesText(changes)]);
  }
}

async function rewrite({ name, original, before, after }: FormattedFile, io: Io): Promise<void> {
  if (original === null) return;
  await rewriteFile(original, after);
  printLines(io, [`${name}: ${counted(lineCount(changesOf(before, after)), "line")} changed`]);
}
