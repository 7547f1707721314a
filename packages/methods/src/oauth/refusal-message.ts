import type { Bytes } from "@sallyport/policy";

/** Where issuers describe themselves (RFC 8414, 3; RFC 8615). */
const wellKnown = "/.well-known/";

/** The document that describes an issuer: named by the rule itself, or where OpenID Connect Discovery (4) puts it. */
export function discoveryUrl(issuer: Bytes): Bytes {
  return issuer.includes(wellKnown) ? issuer : `${issuer}${wellKnown}openid-configuration`;
}

/**
 * What a client is told that is refused (RFC 7628, 3.2.2), blank for blank as PostgreSQL writes it: clients that know no
 * issuer learn here whom to ask for a token.
 */
export function refusalMessage(issuer: Bytes, scope: Bytes): Bytes {
  const configuration = quoted(discoveryUrl(issuer));
  return `{ "status": "invalid_token", "openid-configuration": ${configuration}, "scope": ${quoted(scope)} }`;
}

const short: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
};

/** A JSON string of bytes. They are not held to be UTF-8: JSON.stringify would make others of them. */
function quoted(text: Bytes): Bytes {
  // oxlint-disable-next-line no-control-regex -- those that JSON wants escaped
  const escaped = text.replace(/[\x00-\x1f"\\]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return short[character] ?? `\\u${code}`;
  });
  return `"${escaped}"`;
}
