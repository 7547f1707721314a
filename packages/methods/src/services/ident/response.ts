import type { Bytes } from "@sallyport/policy";

/** PostgreSQL's buffer: of a longer response the rest is not read. */
export const longestResponse = 591;

/** RFC 1413, 5. */
const longestName = 512;

/**
 * The name in a response of an Ident server (RFC 1413, 4), read as PostgreSQL 19 reads it:
 *
 *     6193, 23 : USERID : UNIX : stjohns<CR><LF>
 *                ^^^^^^          ^^^^^^^
 *
 * Which connection the response is about PostgreSQL does not look at: the answer comes on a connection that asked one question.
 * Older versions take a CR for a blank, and run on past an empty name into memory that is not theirs; here that is no name.
 *
 * @param bytes what was read; a NUL ends it, as it ends a string of C
 * @returns null: it is none, or says that nobody is told (ERROR)
 */
export function readIdentResponse(bytes: Bytes): Bytes | null {
  const [response = ""] = bytes.split("\0", 1);
  // The last byte but one; that the last is a LF it takes for granted.
  if (response.at(-2) !== "\r") return null;
  const [line = ""] = response.split("\r", 1);
  const found = /^[^:]*:[ \t]*USERID[ \t]*:[^:]*:[ \t]*(.*)$/s.exec(line);
  const name = found?.[1]?.slice(0, longestName) ?? "";
  return name === "" ? null : name;
}
