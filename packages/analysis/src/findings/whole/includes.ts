import { resolvePath, tokenize } from "@sallyport/policy";
import type { Disk } from "@sallyport/policy";
import type { FindingSource } from "../source.ts";
import { filesWith } from "../text/lines-with.ts";

/** So many names are told. */
const mostNames = 5;

/** Files of an `include_dir` that are skipped because of their names. */
export const findSkippedFiles: FindingSource = ({ hba }, say, { disk }) => {
  const { dialect } = hba.profile;
  if (!disk || !dialect.includes) return;
  for (const { file, lines } of filesWith("include_dir", disk, dialect)) {
    for (const line of lines) {
      const { fields } = tokenize(line, dialect);
      const [directive, target] = [fields[0]?.[0], fields[1]?.[0]];
      if (fields.length !== 2 || directive?.text !== "include_dir" || !target) continue;
      const skipped = skippedIn(resolvePath(target.text, file, dialect.dotsResolved), disk);
      if (skipped.length === 0) continue;
      const more = skipped.length > mostNames ? `, and ${skipped.length - mostNames} more` : "";
      const names = skipped.slice(0, mostNames).join(", ");
      say("include-dir-skips", target, `skipped, since their names do not end in .conf: ${names}${more}`);
    }
  }
};

function skippedIn(directory: string, { directories }: Disk): string[] {
  const content = directories.get(directory);
  if (!content || !("entries" in content)) return [];
  return content.entries
    .filter(({ name, kind }) => kind === "file" && !name.startsWith(".") && !/.\.conf$/.test(name))
    .map(({ name }) => name)
    .toSorted();
}
