import { inPassing } from "@sallyport/policy";
import type { Bytes, HbaRule, Policy } from "@sallyport/policy";

/** The lines of a policy on which rules begin, by their files. */
export type RuleLines = ReadonlyMap<Bytes, ReadonlySet<number>>;

export function ruleLinesOf({ rules }: Policy): RuleLines {
  const lines = new Map<Bytes, Set<number>>();
  for (const { fileName, lineNumber } of inPassing(rules)) {
    const known = lines.get(fileName);
    if (known) known.add(lineNumber);
    else lines.set(fileName, new Set([lineNumber]));
  }
  return lines;
}

/** The files with rules that are called so: by their whole path, by its end, or by the name alone. */
export function filesCalled(lines: RuleLines, name: Bytes): Bytes[] {
  return [...lines.keys()].filter((file) => isCalled(file, name));
}

/** A file as people call it: the end of its path that no other file with rules has, often the name alone. */
export function shortFileName(lines: RuleLines, file: Bytes): Bytes {
  for (let slash = file.lastIndexOf("/"); slash > 0; slash = file.lastIndexOf("/", slash - 1)) {
    const name = file.slice(slash + 1);
    if (filesCalled(lines, name).every((other) => other === file)) return name;
  }
  return file;
}

/** `pg_hba.conf:12`. */
export function ruleName(lines: RuleLines, { fileName, lineNumber }: HbaRule): Bytes {
  return `${shortFileName(lines, fileName)}:${lineNumber}`;
}

function isCalled(file: Bytes, name: Bytes): boolean {
  if (name.startsWith("/")) return file === name;
  return file === name || file.endsWith(`/${name.replace(/^(?:\.\/)+/, "")}`);
}
