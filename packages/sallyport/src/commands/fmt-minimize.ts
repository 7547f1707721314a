import { AnalysisError, minimizeFile } from "@sallyport/analysis";
import type { Minimized, MinimizeSource, Mismatch } from "@sallyport/analysis";
import { diagnostic } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { diagnosticText } from "../output/diagnostics.ts";

interface NamedFile {
  readonly kind: "hba" | "ident";
  readonly file: string;
}

/**
 * The one `pg_hba.conf` that is to have fewer rules.
 *
 * @param found nobody has named them: the maps of a directory do not matter
 */
export function onlyHba<T extends NamedFile>(files: readonly T[], found: boolean): T {
  const named = found ? files.filter(({ kind }) => kind === "hba") : files;
  const ident = named.find(({ kind }) => kind === "ident");
  if (ident) {
    throw new Failure(`--minimize: "${ident.file}" is a pg_ident.conf`, {
      detail: "Only rules of a pg_hba.conf are dropped and merged.",
      hint: "Leave it out. With --hba a file is a pg_hba.conf, whatever its name is.",
    });
  }
  const [one, ...more] = named;
  if (!one || more.length > 0) {
    throw new Failure("--minimize takes one pg_hba.conf", {
      hint: "What it includes is read, and need not be named.",
    });
  }
  return one;
}

/** What was laid out would be another file: a mistake of ours. */
export function mislaid(name: string, { lineNumber, what }: Mismatch): Failure {
  return new Failure(`internal error: ${name} would not be the same file`, {
    detail: lineNumber === null ? `${what}.` : `Line ${lineNumber}: ${what}.`,
    hint: "Nothing was written. Please report this, with the file.",
  });
}

export function minimize(source: MinimizeSource & { readonly name: string }): Minimized {
  const { name } = source;
  const result = minimizing(source);
  if ("problems" in result) {
    throw new Failure(`${name} is not minimized: the server would not load it`, {
      excerpt: result.problems.map((problem) => diagnosticText(diagnostic(problem))).join("\n"),
    });
  }
  if (result.bytes === null) throw mislaid(name, result.difference);
  return result;
}

function minimizing(source: MinimizeSource): ReturnType<typeof minimizeFile> {
  try {
    return minimizeFile(source);
  } catch (error) {
    if (!(error instanceof AnalysisError)) throw error;
    throw new Failure(error.message, { cause: error });
  }
}
