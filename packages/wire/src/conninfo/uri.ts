/**
 * `postgresql://user:password@host:port,host:port/dbname?keyword=value&…`
 *
 * libpq does not follow RFC 3986 in all: the user ends at the first `@` before a `/`, several hosts may stand with a
 * comma between them, blanks at the ends of a part are dropped.
 */
import { SECRET_KEYWORDS } from "./keywords.ts";
import { conninfoError, storeValue } from "./values.ts";
import type { ConninfoValues } from "./values.ts";

/** @throws {WireError} `invalid_conninfo` */
export function parseUri(uri: string): ConninfoValues {
  const values = new Map<string, string>();
  const store = (keyword: string, encoded: string) => {
    if (encoded !== "") {
      values.set(keyword, decodePercent(encoded, shown(keyword, encoded)));
    }
  };
  const prefix = uri.indexOf("://") + 3;
  const credentials = /^([^@/]*)@/.exec(uri.slice(prefix));
  if (credentials?.[1] !== undefined) {
    const [user = "", ...password] = credentials[1].split(":");
    store("user", user);
    store("password", password.join(":"));
  }
  const { hosts, ports, end } = readHosts(uri, prefix + (credentials?.[0].length ?? 0));
  store("host", hosts.join(","));
  store("port", ports.join(","));
  const question = uri.indexOf("?", end);
  if (uri.charAt(end) === "/") {
    store("dbname", uri.slice(end + 1, question < 0 ? undefined : question));
  }
  if (question >= 0) {
    readParameters(uri.slice(question + 1), values);
  }
  return values;
}

interface Hosts {
  readonly hosts: readonly string[];
  readonly ports: readonly string[];
  /** Where `/`, `?` or the end of the URI stands. */
  readonly end: number;
}

function readHosts(uri: string, start: number): Hosts {
  const hosts: string[] = [];
  const ports: string[] = [];
  let offset = start;
  for (;;) {
    const host = readHost(uri, offset);
    hosts.push(host.name);
    offset = host.end;
    // Without a port the commas between ports stay, and the list is as long as the hosts'.
    const [, port = ""] = /^:([^/?,]*)/.exec(uri.slice(offset)) ?? [];
    ports.push(port);
    offset += uri.charAt(offset) === ":" ? port.length + 1 : 0;
    if (uri.charAt(offset) !== ",") {
      return { hosts, ports, end: offset };
    }
    offset += 1;
  }
}

function readHost(uri: string, start: number): { readonly name: string; readonly end: number } {
  if (uri.charAt(start) !== "[") {
    const [name = ""] = /^[^:/?,]*/.exec(uri.slice(start)) ?? [];
    return { name, end: start + name.length };
  }
  const bracket = uri.indexOf("]", start);
  if (bracket < 0) {
    throw conninfoError(
      `end of string reached when looking for matching "]" in IPv6 host address in URI: "${mask(uri)}"`,
    );
  }
  if (bracket === start + 1) {
    throw conninfoError(`IPv6 host address may not be empty in URI: "${mask(uri)}"`);
  }
  const next = uri.charAt(bracket + 1);
  if (!/^[:/?,]?$/.test(next)) {
    throw conninfoError(
      `unexpected character "${next}" at position ${bracket + 2} in URI (expected ":" or "/"): "${mask(uri)}"`,
    );
  }
  return { name: uri.slice(start + 1, bracket), end: bracket + 1 };
}

/** libpq shows the whole URI, password and all; an error of ours must not. */
function mask(uri: string): string {
  return uri.replace(/^([^:]*:\/\/[^@/:]*:)[^@/]*@/, "$1***@").replaceAll(/(password=)[^&]*/g, "$1***");
}

function readParameters(query: string, values: Map<string, string>): void {
  const parts = query.split("&");
  if (parts.at(-1) === "") {
    parts.pop();
  }
  for (const part of parts) {
    const [encodedKeyword = "", encodedValue, ...more] = part.split("=");
    if (encodedValue === undefined) {
      throw conninfoError(`missing key/value separator "=" in URI query parameter: "${encodedKeyword}"`);
    }
    if (more.length > 0) {
      throw conninfoError(`extra key/value separator "=" in URI query parameter: "${encodedKeyword}"`);
    }
    const keyword = decodePercent(encodedKeyword, encodedKeyword);
    const value = decodePercent(encodedValue, shown(keyword, encodedValue));
    if (keyword === "ssl" && value === "true") {
      values.set("sslmode", "require"); // as JDBC's URIs say it
    } else {
      storeValue(values, keyword, value, `invalid URI query parameter: "${keyword}"`);
    }
  }
}

/** What an error may say of a value. */
function shown(keyword: string, encoded: string): string {
  return SECRET_KEYWORDS.has(keyword) ? "***" : encoded;
}

/** Blanks around are dropped, blanks inside refused. */
function decodePercent(encoded: string, shown: string): string {
  const text = encoded.replaceAll(/^ +| +$/g, "");
  if (text.includes(" ")) {
    throw conninfoError(`unexpected spaces found in "${shown}", use percent-encoded spaces (%20) instead`);
  }
  return text.replaceAll(/%(.{0,2})/gs, (_, digits: string) => {
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) {
      throw conninfoError(`invalid percent-encoded token: "${shown}"`);
    }
    if (digits === "00") {
      throw conninfoError(`forbidden value %00 in percent-encoded value: "${shown}"`);
    }
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}
