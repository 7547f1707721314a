import type { Minimized, RulePlace, Step } from "@sallyport/analysis";
import { utf8Text } from "@sallyport/policy";
import { counted, printable } from "./printable.ts";

/** More rules than these are counted. */
const mostNamed = 4;

/** What is done to the rules of a file. */
export interface MinimizingText {
  /** How many rules are left, and for whom nothing changes by that. */
  readonly did: string;
  readonly would: string;
  /** What becomes of each rule that goes, in the order in which it was done; a rule is called by the line where it stood. */
  readonly steps: readonly string[];
}

export function minimizingText({ steps, ruleCount, versions }: Minimized, file: NamedFile): MinimizingText {
  const [first = "", last = ""] = [versions.at(0), versions.at(-1)];
  const whose = first === last ? first : `${first} to ${last}`;
  const words = (become: string): string =>
    `${file.name}: ${counted(ruleCount, "rule")} ${become} ${ruleCount - steps.length}; PostgreSQL ${whose} ${first === last ? "decides" : "decide"} as before`;
  return {
    did: words("became"),
    would: words("would become"),
    steps: steps.map((step) => `${placeName(step.rule, file)} ${stepWords(step, file)}`),
  };
}

/** The file that is rewritten. */
interface NamedFile {
  /** As it was named. */
  readonly name: string;
  /** Full path, as bytes. */
  readonly fileName: string;
}

function stepWords({ kind, by }: Step, file: NamedFile): string {
  const names = by.map((rule) => placeName(rule, file));
  const shown = names.slice(0, names.length > mostNamed + 1 ? mostNamed : names.length);
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  const last = shown.pop();
  if (last === undefined) return "dropped: it matches nobody";
  const list = shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
  const one = by.length === 1;
  switch (kind) {
    case "unreachable":
      return `dropped: ${list} ${one ? "decides" : "decide"} about all of it`;
    case "redundant":
      return `dropped: without it ${list} ${one ? "does" : "do"} the same`;
    case "merged":
      return `merged into ${list}`;
  }
}

function placeName({ fileName, lineNumber }: RulePlace, file: NamedFile): string {
  return `${fileName === file.fileName ? file.name : printable(utf8Text(fileName))}:${lineNumber}`;
}
