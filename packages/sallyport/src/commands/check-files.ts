import { basename } from "node:path";
import { hbaFindings, identFindings, thisMachine } from "@sallyport/gateway";
import type { CheckReport } from "@sallyport/gateway";
import { utf8Text } from "@sallyport/policy";
import type { HbaFile, IdentFile } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { readTarget } from "../options/target.ts";

/**
 * The files of a command line, else both of a directory: read in pairs, in their order, so that the rules of the one
 * know the maps of the other.
 */
export async function checkFiles(
  files: readonly string[],
  options: PolicyOptions,
  io: Io,
): Promise<CheckReport> {
  const hbas = [options.hba ?? [], files.filter((file) => !isIdent(file))].flat();
  const idents = [options.ident ?? [], files.filter(isIdent)].flat();
  const reports: Omit<CheckReport, "notChecked">[] = [];
  // Without any name there is one pair, that of the directory.
  for (let at = 0; at < Math.max(hbas.length, idents.length, 1); at += 1) {
    reports.push(await onePair(hbas[at], idents[at], options, io));
  }
  return {
    findings: reports.flatMap(({ findings }) => findings),
    files: reports.flatMap(({ files }) => files),
    notChecked: [],
  };
}

/** By its name it is a `pg_ident.conf`. */
export function isIdent(file: string): boolean {
  return basename(file).includes("ident");
}

async function onePair(
  hbaFile: string | undefined,
  identFile: string | undefined,
  { hba: _hba, ident: _ident, ...options }: PolicyOptions,
  io: Io,
): Promise<Omit<CheckReport, "notChecked">> {
  const { reading, settings } = await readTarget(
    { ...options, ...(hbaFile && { hba: hbaFile }), ...(identFile && { ident: identFile }) },
    io,
  );
  const { hba, ident } = reading;
  // A gate's gateway has limits that a server has not.
  const machine = settings && (await thisMachine(settings));
  const named = hbaFile !== undefined || identFile !== undefined;
  const asked = { hba: hbaFile !== undefined || !named, ident: identFile !== undefined || !named };
  if (asked.hba) mustBeReadable(hba);
  if (identFile !== undefined && ident) mustBeReadable(ident);
  return {
    findings: [
      ...(asked.hba ? hbaFindings(reading, machine) : []),
      ...(asked.ident ? identFindings(reading) : []),
    ],
    files: [
      ...(asked.hba ? [{ fileName: hba.fileName, kind: "hba", entries: hba.rules.length } as const] : []),
      ...(asked.ident && ident
        ? [{ fileName: ident.fileName, kind: "ident", entries: ident.mappings.length } as const]
        : []),
    ],
  };
}

function mustBeReadable({ openError }: HbaFile | IdentFile): void {
  if (openError) throw new Failure(utf8Text(openError));
}
