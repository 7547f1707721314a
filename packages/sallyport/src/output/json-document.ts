import { setImmediate } from "node:timers/promises";
import type { Io } from "../io.ts";

/** What is written at once, in UTF-16 code units. */
const piece = 2 ** 16;

/**
 * One JSON object, indented as `printJson` does it, with lists of any length: no string has to hold it all. Between two pieces others
 * have their turn, such as the news that nobody reads any more.
 *
 * @param parts what can be gone through is printed as an array
 */
export async function printJsonDocument(
  { stdout }: Pick<Io, "stdout">,
  parts: Readonly<Record<string, unknown>>,
): Promise<void> {
  let text = "";
  for (const some of documentText(parts)) {
    text += some;
    if (text.length < piece) continue;
    stdout(text);
    text = "";
    await setImmediate();
  }
  stdout(text);
}

function* documentText(parts: Readonly<Record<string, unknown>>): Generator<string> {
  let before = "{\n  ";
  for (const [key, value] of Object.entries(parts)) {
    yield `${before}${JSON.stringify(key)}: `;
    before = ",\n  ";
    if (isIterable(value)) yield* arrayText(value);
    else yield indented(value, "  ");
  }
  yield "\n}\n";
}

function* arrayText(values: Iterable<unknown>): Generator<string> {
  let before = "[\n    ";
  for (const value of values) {
    yield before + indented(value, "    ");
    before = ",\n    ";
  }
  yield before.startsWith("[") ? "[]" : "\n  ]";
}

/** No string in JSON has a line feed in it, but for the ones between its lines. */
function indented(value: unknown, by: string): string {
  return JSON.stringify(value, null, 2).replaceAll("\n", `\n${by}`);
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
