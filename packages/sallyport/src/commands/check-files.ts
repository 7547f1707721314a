import { basename } from "node:path";
import type { Report } from "@sallyport/analysis";
import type { Settings } from "@sallyport/gateway";
import { hbaFindings, identFindings } from "@sallyport/gateway/findings";
import { inPassing, utf8Text } from "@sallyport/policy";
import type { Bytes, HbaFile, IdentFile, Problem } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { isDirectory } from "../options/directories.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { readTarget } from "../options/target.ts";
import { fileFindingsBefore, reviewed } from "./check-review.ts";
import type { KnownToCheck } from "./check-review.ts";

/**
 * The files of a command line, else both of a directory: read in pairs, in their order, so that the rules of the one
 * know the maps of the other.
 */
export async function checkFiles(
  files: readonly string[],
  options: PolicyOptions,
  known: KnownToCheck,
  io: Io,
): Promise<Report> {
  const hbas = [options.hba ?? [], files.filter((file) => !isIdent(file))].flat();
  const idents = [options.ident ?? [], files.filter(isIdent)].flat();
  const reports: Report[] = [];
  // Without any name there is one pair, that of the directory.
  for (let at = 0; at < Math.max(hbas.length, idents.length, 1); at += 1) {
    reports.push(await onePair(hbas[at], idents[at], { options, known, io }));
  }
  return {
    findings: reports.flatMap(({ findings }) => findings),
    ignored: reports.flatMap(({ ignored }) => ignored),
    files: reports.flatMap(({ files }) => files),
    notChecked: [],
    notTold: reports.flatMap(({ notTold }) => notTold),
  };
}

/** By its name it is a `pg_ident.conf`. */
export function isIdent(file: string): boolean {
  return basename(file).includes("ident");
}

interface Asked {
  readonly options: PolicyOptions;
  readonly known: KnownToCheck;
  readonly io: Io;
}

async function onePair(
  hbaFile: string | undefined,
  identFile: string | undefined,
  { options: { hba: _hba, ident: _ident, ...options }, known, io }: Asked,
): Promise<Report> {
  for (const file of [hbaFile, identFile]) if (file !== undefined) await mustBeNoDirectory(file);
  const { reading, disk, settings } = await readTarget(
    { ...options, ...(hbaFile && { hba: hbaFile }), ...(identFile && { ident: identFile }) },
    io,
  );
  const { hba, ident } = reading;
  const named = hbaFile !== undefined || identFile !== undefined;
  const asked = { hba: hbaFile !== undefined || !named, ident: identFile !== undefined || !named };
  if (asked.hba) mustBeReadable(hba);
  if (identFile !== undefined && ident) mustBeReadable(ident);
  const report = reviewed(
    {
      findings: [
        ...(asked.hba ? hbaFindings(reading, await refusedBy(settings, hba)) : []),
        ...(asked.ident ? identFindings(reading) : []),
      ],
      files: [
        ...(asked.hba ? [{ fileName: hba.fileName, kind: "hba", entries: hba.rules.length } as const] : []),
        ...(asked.ident && ident
          ? [{ fileName: ident.fileName, kind: "ident", entries: ident.mappings.length } as const]
          : []),
      ],
      notChecked: [],
    },
    { reading, disk },
    { ...known, wasLookedFor: (id) => fileFindingsBefore.has(id) },
  );
  if (asked.hba && asked.ident) return report;
  // The other one was read because rules name maps; nobody has asked what is wrong with it.
  const other = filesOf(asked.hba ? ident : hba);
  return {
    ...report,
    findings: report.findings.filter(({ place }) => place === null || !other.has(place.fileName)),
    ignored: report.ignored.filter(({ place }) => !other.has(place.fileName)),
  };
}

/** A gate's gateway has limits that a server has not. */
async function refusedBy(settings: Settings | null, hba: HbaFile): Promise<readonly Problem[]> {
  if (settings === null) return [];
  const { refusedByGate } = await import("../options/gate-target.ts");
  return await refusedByGate(hba, settings);
}

function filesOf(file: HbaFile | IdentFile | null): ReadonlySet<Bytes> {
  const files = new Set<Bytes>();
  if (!file) return files;
  files.add(file.fileName);
  for (const { line } of inPassing<HbaFile["entries"][number] | IdentFile["entries"][number]>(file.entries)) {
    files.add(line.file);
  }
  return files;
}

/** To PostgreSQL it is a file without a line. */
async function mustBeNoDirectory(file: string): Promise<void> {
  if (file === "-" || !(await isDirectory(file))) return;
  const hint = "A gate or a PostgreSQL server is checked with -D; of another directory name the files.";
  throw new Failure(`could not read "${file}": Is a directory`, { hint });
}

function mustBeReadable({ openError }: HbaFile | IdentFile): void {
  if (openError) throw new Failure(utf8Text(openError));
}
