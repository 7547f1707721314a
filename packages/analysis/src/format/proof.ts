import { versionText } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { lexingsOf, profilesOf, readEntries, wordedLines } from "./meaning.ts";
import type { ReadLine, Source } from "./meaning.ts";
import { isSame } from "./same.ts";

/** Where a file that was laid out anew would be another one. There is never one, unless this package has a mistake. */
export interface Mismatch {
  /** Of the file as it was; null: it is of no line. */
  readonly lineNumber: number | null;
  readonly what: string;
}

/**
 * Looks for what formatting must not change, in three ways that do not trust each other: the bytes without their blanks; the words
 * of each line, as every release cuts it; and every rule or mapping, as every release reads the file, whether it loads or not.
 * Null: it is the same file.
 */
export function findMismatch(before: Bytes, after: Bytes, source: Source): Mismatch | null {
  if (before === after) return null;
  if (!onlyBlanksDiffer(before, after)) return { lineNumber: null, what: "something besides blanks changes" };
  for (const profile of lexingsOf(source.profile)) {
    const lineNumber = firstDifferent(wordedLines(before, profile), wordedLines(after, profile));
    if (lineNumber !== null) return { lineNumber, what: `its words change for ${named(profile)}` };
  }
  for (const profile of profilesOf(source.profile)) {
    const [old, now] = [readEntries(before, source, profile), readEntries(after, source, profile)];
    const lineNumber = firstDifferent(old, now);
    if (lineNumber !== null) return { lineNumber, what: `its meaning changes for ${named(profile)}` };
  }
  return null;
}

/** The number of the first line that has come to something else, or that only one has; null: there is none. */
function firstDifferent(before: Iterator<ReadLine>, after: Iterator<ReadLine>): number | null {
  for (;;) {
    const [old, now] = [before.next(), after.next()];
    if (old.done === true || now.done === true) {
      if (old.done !== true) return old.value.lineNumber;
      return now.done === true ? null : now.value.lineNumber;
    }
    const same = old.value.lineNumber === now.value.lineNumber && isSame(old.value.what, now.value.what);
    if (!same) return old.value.lineNumber;
  }
}

/** Nothing but spaces and tabs was added or taken away, and perhaps a line end at the end. */
function onlyBlanksDiffer(before: Bytes, after: Bytes): boolean {
  const [old, now] = [before, after].map((bytes) => bytes.replaceAll(/[ \t]+/g, ""));
  if (old === undefined || now === undefined || !now.startsWith(old)) return false;
  const more = now.slice(old.length);
  return more === "" || (!old.endsWith("\n") && /^\r?\n$/.test(more));
}

function named({ version }: Source["profile"]): string {
  return `PostgreSQL ${versionText(version)}`;
}
