import type { Bytes } from "../bytes.ts";
import { Narrowness } from "../digest/narrowness.ts";
import { RuleDigest, keepDigest } from "../digest/rule-digest.ts";
import type { Asker } from "../disk.ts";
import { wholeFile } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { ServerProfile } from "../profile.ts";
import { noRegex, regexReader } from "../regex/index.ts";
import type { Steps } from "../steps.ts";
import type { Line } from "../text/line.ts";
import { TokenReader } from "../text/read.ts";
import { HbaEntries } from "./entries.ts";
import { keepOneOfEach } from "./one-of-each.ts";
import { parseLine } from "./parse.ts";
import type { ParseContext } from "./parse.ts";
import { PlainLines } from "./plain/plain-lines.ts";
import type { HbaRule } from "./rule.ts";

/** One row of `pg_hba_file_rules`: a rule, or a line that is none. */
export interface HbaEntry {
  readonly line: Line;
  readonly ruleNumber: number | null;
  readonly rule: HbaRule | null;
  readonly error: Bytes | null;
}

/** A `pg_hba.conf` with all that it includes, as far as it could be read. */
export interface HbaFile {
  /** Whose meaning it has. */
  readonly profile: ServerProfile;
  readonly fileName: Bytes;
  /** Why it could not be opened, as the log has it: then there is nothing of it. */
  readonly openError: Bytes | null;
  readonly entries: readonly HbaEntry[];
  /** Of the entries that are rules. */
  readonly rules: readonly HbaRule[];
  /** In the order of the server's log: first of all cutting into tokens, then of the rules. */
  readonly problems: readonly Problem[];
  /** Would the server load it? Warnings do not keep it from that. */
  readonly loads: boolean;
}

/** Reads a `pg_hba.conf`. Never fails: what is wrong with it stands in the result. */
export function* readHbaFile(fileName: Bytes, profile: ServerProfile, asker: Asker): Steps<HbaFile> {
  const { dialect } = profile;
  const readRegex = dialect.namePatterns ? regexReader(dialect) : noRegex;
  const context: ParseContext = { profile, asker, readRegex };
  const found = new HbaEntries(profile, readRegex);
  const digest = new RuleDigest();
  const narrowness = new Narrowness();
  const plain = new PlainLines(found, digest, dialect);
  const reader = new TokenReader(asker, dialect, plain);
  const problems: Problem[] = [];
  for (const tokenized of reader.read(fileName)) {
    yield;
    if (!tokenized) continue;
    const { line, fields, error } = tokenized;
    const asked = asker.count;
    const parsed = error === null ? parseLine(line, fields, context) : { rule: null, error, problems: [] };
    const ruleNumber = parsed.error === null ? found.nextNumber : null;
    const rule = parsed.rule && { ruleNumber, fileName: line.file, lineNumber: line.number, ...parsed.rule };
    if (rule) digest.add(found.length, narrowness.of(rule));
    found.add({ line, ruleNumber, rule, error: parsed.error });
    problems.push(...parsed.problems);
    if (rule && ruleNumber !== null && parsed.problems.length === 0 && asker.count === asked) plain.learn();
  }
  const [entries, rules] = [found.entries(), found.rules()];
  if (reader.openError) {
    const openError = `could not open ${dialect.mainFile.hba} "${fileName}": ${reader.openError.reason}`;
    const problems = [wholeFile(openError)];
    return { profile, fileName, openError, entries, rules, problems, loads: false };
  }
  if (entries.length === 0) problems.push(wholeFile(`configuration file "${fileName}" contains no entries`));
  const loads = entries.length > 0 && rules.length === entries.length;
  if (loads) {
    keepDigest(rules, digest);
    keepOneOfEach(rules, found.readInFull());
  }
  return {
    profile,
    fileName,
    openError: null,
    entries,
    rules,
    problems: [...reader.problems, ...problems],
    loads,
  };
}
