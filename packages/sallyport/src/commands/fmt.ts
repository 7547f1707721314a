import { resolve } from "node:path";
import { Command, Option } from "commander";
import { changesOf, formatFile } from "@sallyport/analysis";
import type { FileKind, FormatSource, LeftAlone, MinimizeSource } from "@sallyport/analysis";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
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
import { minimizingText } from "../output/minimize-text.ts";
import type { MinimizingText } from "../output/minimize-text.ts";
import { counted, printable } from "../output/printable.ts";
import { readOriginal, rewriteFile } from "../output/rewrite-file.ts";
import type { OriginalFile } from "../output/rewrite-file.ts";
import { isIdent } from "./check-files.ts";
import type { CommandMaker } from "./command-maker.ts";
import { minimize, mislaid, onlyHba } from "./fmt-minimize.ts";

interface FmtOptions extends PolicyOptions {
  readonly write?: boolean;
  readonly check?: boolean;
  readonly minimize?: boolean;
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
  /** What is done to its rules; null: it is only laid out, and lines keep their numbers. */
  readonly minimizing: MinimizingText | null;
}

export const fmtCommand: CommandMaker = (io, done) =>
  addPolicyOptions(
    new Command("fmt")
      .description(
        "aligns the columns of files; every rule, every comment and every line number stays, but with --minimize",
      )
      .argument(
        "[file...]",
        "files to format; one with ident in its name is a pg_ident.conf, - is standard input",
      ),
  )
    .option("--write", "rewrite the files, instead of printing them")
    .addOption(new Option("--check", "print which files would change, and how").conflicts("write"))
    .option(
      "--minimize",
      "drop and merge rules of a pg_hba.conf, as far as provably nobody is decided about otherwise",
    )
    .action(
      async (
        files: readonly string[],
        { write = false, check = false, minimize: fewer = false, ...options }: FmtOptions,
      ) => {
        const { named: all, profile } = await filesOf(files, options);
        const named = fewer ? [onlyHba(all, files.length === 0 && options.ident === undefined)] : all;
        if (write && named.some(({ file }) => file === "-")) {
          throw new Failure("standard input cannot be rewritten", {
            hint: "Without --write it is printed as it should be.",
          });
        }
        // Nothing is written before all of them are known to be right.
        const formatted: FormattedFile[] = [];
        const oldest = options.serverVersion === undefined ? 0 : profile.version.major;
        for (const each of named) {
          const file = await readNamed(each, profile, io);
          formatted.push(fewer ? minimized({ ...file, kind: "hba", oldest }, io) : laidOut(file, io));
        }
        const changed = formatted.filter(({ before, after }) => before !== after);
        if (check) reportChanges(changed, io);
        else if (write) for (const each of changed) await rewrite(each, io);
        else for (const each of formatted) print(each, io);
        done(check && changed.length > 0 ? 1 : 0);
      },
    );

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

/** A file as it was read, with what it includes. */
interface ReadFile extends FormatSource {
  readonly name: string;
  readonly original: OriginalFile | null;
}

async function readNamed({ kind, file }: NamedFile, profile: ServerProfile, io: Io): Promise<ReadFile> {
  const original = file === "-" ? null : await readOriginal(file);
  const bytes = original?.bytes ?? (await readStdinBytes(io));
  const name = printable(original?.name ?? "<stdin>");
  const path = resolve(original?.name ?? "<stdin>");
  const fileName = utf8Bytes(path);
  const disk = emptyDisk();
  disk.files.set(fileName, { bytes });
  // What it includes is read for the words about lines that are refused, and is not touched.
  const names = kind === "hba" ? { hbaFile: path } : { hbaFile: "/dev/null", identFile: path };
  await readPolicy({ ...names, profile, disk });
  return { name, original, kind, fileName, bytes, profile, disk };
}

function laidOut(file: ReadFile, io: Io): FormattedFile {
  const { name, original, bytes } = file;
  const result = formatFile(file);
  if (result.difference) throw mislaid(name, result.difference);
  tellLeftAlone(name, result.leftAlone, io);
  return { name, original, before: bytes, after: result.bytes, minimizing: null };
}

function minimized(file: ReadFile & MinimizeSource, io: Io): FormattedFile {
  const { name, original, bytes } = file;
  const result = minimize(file);
  tellLeftAlone(name, result.leftAlone, io);
  if (result.unproven !== null)
    io.stderr(`${name}: left with all its rules: ${printable(utf8Text(result.unproven))}\n`);
  const minimizing = result.steps.length === 0 ? null : minimizingText(result, file);
  return { name, original, before: bytes, after: result.bytes, minimizing };
}

function tellLeftAlone(name: string, leftAlone: readonly LeftAlone[], io: Io): void {
  for (const { lineNumber, reason } of leftAlone) {
    io.stderr(`${name}:${lineNumber}: left as it is: ${printable(reason)}\n`);
  }
}

function reportChanges(changed: readonly FormattedFile[], io: Io): void {
  for (const { name, before, after, minimizing } of changed) {
    const changes = changesOf(before, after);
    if (minimizing) printLines(io, [minimizing.would, ...minimizing.steps]);
    else
      printLines(io, [
        `${name}: ${counted(lineCount(changes), "line")} would change`,
        ...changesText(changes),
      ]);
  }
}

async function rewrite({ name, original, before, after, minimizing }: FormattedFile, io: Io): Promise<void> {
  if (original === null) return;
  await rewriteFile(original, after);
  if (minimizing) printLines(io, [minimizing.did, ...minimizing.steps]);
  else printLines(io, [`${name}: ${counted(lineCount(changesOf(before, after)), "line")} changed`]);
}

/** What was done to the rules goes beside what is printed. */
function print({ after, minimizing }: FormattedFile, io: Io): void {
  io.stdout(Buffer.from(after, "latin1"));
  if (minimizing) io.stderr([minimizing.did, ...minimizing.steps, ""].join("\n"));
}
