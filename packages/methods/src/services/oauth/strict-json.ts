/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Nothing that is read here is deeper. */
const deepest = 16;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A JSON object in UTF-8, in which no name may stand twice, in whatever spelling: of two claims of one name readers take one
 * or the other, and a token must not say one thing to us and another to its issuer (RFC 8259, 4; RFC 7519, 4). Null: it is none.
 */
export function parseStrictObject(bytes: Uint8Array): JsonObject | null {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && hasUniqueNames(text) ? value : null;
  } catch {
    return null;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const piece = /[{}[\],]|"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** Of a text that is JSON: what is no bracket, comma or string has no part in it. */
function hasUniqueNames(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  for (const [found, colon] of text.matchAll(piece)) {
    if (found === "{" || found === "[") open.push(found === "{" ? new Set() : null);
    else if (found === "}" || found === "]") open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(found.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (names?.has(name) === true) return false;
      names?.add(name);
    }
    if (open.length > deepest) return false;
  }
  return true;
}
