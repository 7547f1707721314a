import { placeOf, utf8Text } from "@sallyport/policy";
import type { Bytes, Dialect, Disk, Place } from "@sallyport/policy";
import { findingOf } from "../finding.ts";
import type { FileFinding } from "../finding.ts";
import type { FindingSeverity } from "../kinds/index.ts";
import { readComments } from "./comment.ts";
import type { IgnoreComment } from "./comment.ts";

/** What a finding has to have to be ignored. */
export interface Ignorable {
  readonly id: string;
  readonly severity: FindingSeverity;
  readonly place: Place | null;
}

/** A finding that a comment ignores. */
export interface Ignored<T> {
  readonly finding: T;
  /** In the words of the comment. */
  readonly reason: string;
  /** Of the comment. */
  readonly place: Place;
}

export interface IgnoreOptions {
  readonly disk: Disk;
  readonly dialect: Dialect;
  /** Findings of this file that stand on no line are of the file as a whole, and are ignored by `ignore-file` in it. */
  readonly mainFile: Bytes;
  /** Every finding that there may be. */
  readonly kinds: Readonly<Record<string, { readonly severity: FindingSeverity }>>;
  /** Has it been looked for? Of one that has not nobody can say that there is none. */
  readonly isLookedFor: (id: string) => boolean;
}

export interface Sifted<T> {
  readonly findings: readonly (T | FileFinding)[];
  readonly ignored: readonly Ignored<T>[];
}

/**
 * Takes out the findings that comments ignore, and adds what is to be said of the comments. An error is never ignored: the files do not
 * load with it.
 */
export function siftFindings<T extends Ignorable>(findings: readonly T[], options: IgnoreOptions): Sifted<T> {
  const { disk, dialect, kinds, isLookedFor } = options;
  const comments = readComments(disk, dialect);
  const said: FileFinding[] = comments.refused.map(({ span, why }) =>
    findingOf("ignore-refused", span, `the comment is not followed: ${why}`, { hint: form }),
  );
  const asked: { readonly comment: IgnoreComment; readonly id: string; used: boolean }[] = [];
  for (const comment of comments.ignores) {
    for (const id of comment.ids) {
      const why = whyNot(id, kinds);
      if (why === null) asked.push({ comment, id, used: false });
      else said.push(findingOf("ignore-refused", comment.span, `the comment is not followed: ${why}`));
    }
  }
  const kept: T[] = [];
  const ignored: Ignored<T>[] = [];
  for (const finding of findings) {
    let first: IgnoreComment | null = null;
    for (const one of asked) {
      if (one.id !== finding.id || !isAbout(one.comment, finding)) continue;
      one.used = true;
      first ??= one.comment;
    }
    if (first) ignored.push({ finding, reason: utf8Text(first.reason), place: placeOf(first.span) });
    else kept.push(finding);
  }
  for (const { comment, id, used } of asked) {
    if (used || !isLookedFor(id)) continue;
    const where = comment.lines ? "on its line" : "in this file";
    said.push(findingOf("ignore-unused", comment.span, `there is no ${id} ${where}`));
  }
  return { findings: [...kept, ...said], ignored };

  function isAbout({ file, lines }: IgnoreComment, { place, severity }: T): boolean {
    if (severity === "error") return false;
    if (place === null) return lines === null && file === options.mainFile;
    if (place.fileName !== file) return false;
    return lines === null || (place.lineNumber >= lines.first && place.lineNumber <= lines.last);
  }
}

const form = "Write # sallyport: ignore ID -- REASON; several IDs are separated by commas.";

function whyNot(id: string, kinds: IgnoreOptions["kinds"]): string | null {
  const kind = Object.hasOwn(kinds, id) ? kinds[id] : undefined;
  if (!kind || id.startsWith("ignore-")) return `"${id}" is no finding that there is to ignore`;
  return kind.severity === "error" ? `${id} is an error` : null;
}
