/** One line of a password file: manual, "The Password File". */
import { Secret } from "../secret.ts";

/** Whom a line of the file must name. */
export interface PasswordFileKey {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password of the first line `host:port:database:user:password` that fits: `*` fits everything, a backslash
 * takes the next character as it is, `#` starts a comment line. As in libpq a colon in a name fits without a
 * backslash too, so that `::1` may stand as it is.
 *
 * It looks at each character once, for it runs at each login.
 */
export function lookUpPassword(text: string, key: PasswordFileKey): Secret | null {
  const wanted = [key.host, String(key.port), key.database, key.user];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const password = text.startsWith("#", start) ? -1 : passwordOffset(text, start, end, wanted);
    if (password >= 0) {
      return new Secret(readPassword(text.slice(password, end)));
    }
    start = end + 1;
  }
  return null;
}

/** Where the password of a line starts; -1 if the line does not fit. */
function passwordOffset(text: string, start: number, end: number, wanted: readonly string[]): number {
  let offset = start;
  for (const name of wanted) {
    offset = behindField(text, offset, end, name);
    if (offset < 0) {
      return -1;
    }
  }
  return offset;
}

/** Where the next field starts if this one fits, else -1. */
function behindField(text: string, start: number, end: number, name: string): number {
  if (text.startsWith("*:", start)) {
    return start + 2;
  }
  let offset = start;
  for (let index = 0; index < name.length; index++, offset++) {
    if (text.charAt(offset) === "\\") {
      offset += 1;
    }
    if (offset >= end || text.charCodeAt(offset) !== name.charCodeAt(index)) {
      return -1;
    }
  }
  return offset < end && text.charAt(offset) === ":" ? offset + 1 : -1;
}

/** Up to a colon; what may stand behind it is for other programs. */
function readPassword(rest: string): string {
  const [password = ""] = /^(?:\\.|[^:])*/s.exec(rest.replace(/\r+$/, "")) ?? [];
  return password.replaceAll(/\\(.)/gs, "$1");
}
