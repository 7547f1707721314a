import type { Bytes } from "../bytes.ts";
import type { Token } from "../text/token.ts";
import type { HbaRule } from "./rule.ts";

/** The options of `pg_hba.conf` whose values are secrets. */
const secretOptions: readonly string[] = ["ldapbindpasswd", "radiussecrets"];

const mask = "***";

/**
 * The text of a rule as written, with `***` for its secrets. PostgreSQL writes them into its log in clear; this
 * is one of the differences that are made on purpose.
 *
 * The tokens say where a value begins and ends, however it is quoted; what stands behind the last of them is a
 * comment, and is masked as text of which nothing is known.
 */
export function maskRule({ line, columns }: Pick<HbaRule, "line" | "columns">): Bytes {
  // Tokens that came out of an @file stand in another line.
  const options = columns.options.filter((token) => token.line === line);
  let shown = "";
  let at = 0;
  for (const token of options) {
    shown += line.text.slice(at, token.start) + maskOption(token);
    at = token.end;
  }
  const last = options.at(-1) ?? columns.method;
  const tail = last.line === line ? last.end : 0;
  if (tail < at) return shown + maskText(line.text.slice(at));
  return shown + line.text.slice(at, tail) + maskText(line.text.slice(tail));
}

/** An option as the view shows it (`name=value`), with `***` for the value if it is a secret. */
export function maskShownOption(option: Bytes): Bytes {
  const name = secretOptions.find((secret) => option.startsWith(`${secret}=`));
  return name === undefined ? option : `${name}=${mask}`;
}

function maskOption(token: Token): Bytes {
  const written = token.line.text.slice(token.start, token.end);
  if (!secretOptions.some((name) => token.text.startsWith(`${name}=`))) return written;
  // A name has no "=", so the first one separates it from its value.
  const before = written.slice(0, written.indexOf("=") + 1);
  const insideQuotes = before.split('"').length % 2 === 0;
  return `${before}${mask}${insideQuotes ? '"' : ""}`;
}

/** A name with quotes between any of its letters is still that name. */
const secretName = new RegExp(secretOptions.map((name) => Array.from(name).join('"*')).join("|"), "i");

/**
 * Text that could not be parsed, with everything behind the first name of a secret option masked: where a value
 * ends, nobody can say.
 */
export function maskText(text: Bytes): Bytes {
  const found = secretName.exec(text);
  if (!found) return text;
  const end = found.index + found[0].length;
  return end === text.length ? text : `${text.slice(0, end)}=${mask}`;
}
