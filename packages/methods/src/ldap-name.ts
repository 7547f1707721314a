import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { isValidUtf8 } from "@sallyport/wire";

/**
 * Whether a directory may take the name for another one, of which it is no spelling: when it compares, it leaves out control
 * characters and white space at the edges, or makes blanks of them (RFC 4518, 2.2 and 2.6.1), and OpenLDAP does so.
 *
 * Letters that it takes for the same (case, full width) are left to it.
 *
 * @param name where it is no UTF-8, which LDAP knows no other encoding than, each byte is looked at as a character
 */
export function losesCharacters(name: Bytes): boolean {
  const characters = isValidUtf8(name) ? utf8Text(name) : name;
  return /\p{Cc}|^\p{White_Space}|\p{White_Space}$/u.test(characters);
}
