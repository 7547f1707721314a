import type { Bytes } from "@sallyport/policy";

/**
 * Could this line of a configuration file hold a password? Asked before a line is shown to anybody, also of
 * lines that could not be parsed: so it looks for words, and says yes too often rather than too rarely.
 */
export function mayHoldSecret(text: Bytes): boolean {
  return /passw|passphrase|secret|:\/\/[^@]*@/i.test(text) || /%[0-9a-f]{2}[^=]*=/i.test(text);
}

/** Keywords of a connection string whose values are secrets (manual, 34.1.2). */
const secretKeywords: ReadonlySet<string> = new Set([
  "password",
  "sslpassword",
  "oauth_client_secret",
  "scram_client_key",
  "scram_server_key",
]);

const mask = "***";

/** Does a libpq connection string or URI hold a secret? One that cannot be read is taken to hold one. */
export function holdsSecret(conninfo: Bytes): boolean {
  return maskConninfo(conninfo) !== conninfo;
}

/** The connection string with `***` for its secrets; one that cannot be read is all `***`. */
export function maskConninfo(conninfo: Bytes): Bytes {
  if (/^postgres(?:ql)?:\/\//.test(conninfo)) return maskUri(conninfo);
  // A single word without "=" is no connection string: the name 'embedded', or a mistake.
  if (/^[a-z]*$/.test(conninfo)) return conninfo;
  return maskKeywords(conninfo);
}

/** `[blanks] keyword [blanks] = [blanks] value`; quoted, or bare up to a blank; a backslash escapes in both. */
const parameter = /(\s*([^\s=]+)\s*=\s*)('(?:[^'\\]|\\[^])*'|(?:[^\s'\\]|\\[^])(?:[^\s\\]|\\[^])*|(?=\s|$))/y;

function maskKeywords(conninfo: Bytes): Bytes {
  let masked = "";
  parameter.lastIndex = 0;
  for (let at = 0; conninfo.slice(at).trim() !== "";) {
    const found = parameter.exec(conninfo);
    if (!found) return mask;
    const [whole, before = "", keyword = "", value = ""] = found;
    masked += before + (secretKeywords.has(keyword) && value !== "" ? mask : value);
    at += whole.length;
  }
  return masked;
}

function maskUri(uri: Bytes): Bytes {
  // libpq looks for user and password up to the first "@" or "/", whichever comes first.
  const authority = uri.replace(/^(postgres(?:ql)?:\/\/[^@/:]*:)[^@/]*(?=@)/, `$1${mask}`);
  const question = authority.indexOf("?");
  if (question < 0) return authority;
  const pairs = authority.slice(question + 1).split("&");
  const shown = pairs.map((pair) => {
    const equals = pair.indexOf("=");
    return secretKeywords.has(percentDecode(pair.slice(0, equals)))
      ? `${pair.slice(0, equals + 1)}${mask}`
      : pair;
  });
  return `${authority.slice(0, question + 1)}${shown.join("&")}`;
}

function percentDecode(text: Bytes): Bytes {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
