import { WireError } from "../errors.ts";
import { KEYWORDS } from "./keywords.ts";
import { conninfoError } from "./values.ts";
import type { ConninfoValues } from "./values.ts";

/** libpq's buffer for one line, less its NUL. */
const MAX_LINE = 1023;

/**
 * What a service file says of one service: of the first section of its name, up to the next. Of a keyword that stands
 * there twice the first counts.
 *
 * @param text a byte string
 * @param path for errors
 * @returns null if the service is not there
 * @throws {WireError} `invalid_conninfo`, in libpq's words
 */
export function readServiceText(text: string, service: string, path: string): ConninfoValues | null {
  const values = new Map<string, string>();
  let inside = false;
  for (const [index, whole] of text.split(/(?<=\n)/).entries()) {
    const number = index + 1;
    if (whole.length >= MAX_LINE) throw conninfoError(`line ${number} too long in service file "${path}"`);
    const line = whole.replaceAll(/^[ \t-\r]+|[ \t-\r]+$/g, "");
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      if (inside) break;
      inside = line.startsWith(`[${service}]`);
    } else if (inside) {
      const [keyword, value] = entry(line, path, number);
      if (!values.has(keyword)) values.set(keyword, value);
    }
  }
  return inside ? values : null;
}

function entry(line: string, path: string, number: number): readonly [keyword: string, value: string] {
  const at = `service file "${path}", line ${number}`;
  if (line.startsWith("ldap")) {
    throw new WireError("not_supported", `LDAP lookup is not supported by this build: ${at}`);
  }
  const equals = line.indexOf("=");
  const keyword = line.slice(0, Math.max(equals, 0));
  if (keyword === "service") {
    throw conninfoError(
      `nested service specifications not supported in service file "${path}", line ${number}`,
    );
  }
  if (equals < 0 || !KEYWORDS.has(keyword)) {
    throw conninfoError(`syntax error in service file "${path}", line ${number}`);
  }
  return [keyword, line.slice(equals + 1)];
}
