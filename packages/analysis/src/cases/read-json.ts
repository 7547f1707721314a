import { parseAttempt, utf8Bytes } from "@sallyport/policy";
import type { Bytes, DescribedAttempt } from "@sallyport/policy";
import type { AskedOption, Expectation, LineName } from "./case.ts";
import { hasLine, methodNamed, outcomeNamed, wrongOption } from "./read-expectation.ts";

/** What is wrong with a case in JSON. */
export interface JsonMistake {
  readonly text: Bytes;
  readonly hint: Bytes;
}

type Read = { readonly described: DescribedAttempt; readonly expect: Expectation };
type Fields = Readonly<Record<string, unknown>>;

const shape =
  'Write {"attempt": {"user", "database", "address", ...}, "expect": {"outcome", "method", "options": {NAME: VALUE}, "by": {"file_name", "line_number"}}}.';

/** Reads a case that is one JSON object on one line. */
export function readJson(text: string): Read | JsonMistake {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrong(`no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const fields = objectOf(value, ["attempt", "expect"]);
  if (typeof fields === "string") return wrong(fields);
  const described = parseAttempt(JSON.stringify(fields["attempt"] ?? null));
  if ("error" in described) return wrong(`"attempt": ${described.error}`);
  const expect = readExpect(fields["expect"]);
  return typeof expect === "string" ? wrong(`"expect": ${expect}`) : { described, expect };
}

/** A text says what is wrong. */
function readExpect(value: unknown): Expectation | string {
  const fields = objectOf(value, ["outcome", "method", "options", "by"]);
  if (typeof fields === "string") return fields;
  const { outcome: word = "authenticate", method: methodWord } = fields;
  const outcome = typeof word === "string" ? outcomeNamed(word) : null;
  if (!outcome) return '"outcome" must be authenticate, reject, no_entry, refused or unknown';
  const method = typeof methodWord === "string" ? methodNamed(methodWord) : null;
  if (methodWord != null && !method) return '"method" must be a method that lets somebody in, or absent';
  if (fields["outcome"] === undefined && !method) return '"outcome" is missing';
  if (method && outcome !== "authenticate")
    return `"method" goes with the outcome authenticate, not with ${outcome}`;
  const options = readOptions(fields["options"] ?? {});
  if (typeof options === "string") return options;
  const by = fields["by"] == null ? null : readBy(fields["by"]);
  if (typeof by === "string") return by;
  if (!hasLine(outcome) && (by || options.length > 0))
    return `with ${outcome} no line decides, and none can be asked for`;
  return { outcome, method, options, by };
}

function readOptions(value: unknown): AskedOption[] | string {
  const fields = objectOf(value, null);
  if (typeof fields === "string") return `"options": ${fields}`;
  const options: AskedOption[] = [];
  for (const [key, text] of Object.entries(fields)) {
    const name = utf8Bytes(key);
    const refused = wrongOption(name);
    if (refused) return refused.text;
    if (typeof text !== "string") return `the value of "${key}" must be a string`;
    options.push({ name, value: utf8Bytes(text) });
  }
  return options;
}

function readBy(value: unknown): LineName | string {
  const fields = objectOf(value, ["file_name", "line_number"]);
  if (typeof fields === "string") return `"by": ${fields}`;
  const { file_name: file, line_number: line } = fields;
  if (typeof file !== "string" || file === "") return '"file_name" must be a string, and not empty';
  if (typeof line !== "number" || !Number.isSafeInteger(line) || line < 1)
    return '"line_number" must be a number from 1 on';
  return { file: utf8Bytes(file), line };
}

/** An object with no keys but these; null: with any. */
function objectOf(value: unknown, keys: readonly string[] | null): Fields | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "an object is expected";
  const unknown = keys && Object.keys(value).find((key) => !keys.includes(key));
  return unknown == null ? { ...value } : `unknown key "${unknown}"; known are ${keys?.join(", ")}`;
}

function wrong(text: string): JsonMistake {
  return { text: utf8Bytes(text), hint: shape };
}
