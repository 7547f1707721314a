import type { Bytes } from "../bytes.ts";
import type { Asker } from "../disk.ts";
import { familyOf, isLinkLocal, maskOf, parseIpv4, parseIpv6 } from "../ip.ts";
import type { Ip } from "../ip.ts";
import type { Span } from "../text/line.ts";
import type { Field, Token } from "../text/token.ts";
import { strtol } from "./c-numbers.ts";
import { isMistake, mistake } from "../mistake.ts";
import type { Mistake } from "../mistake.ts";
import type { AddressPattern } from "./rule.ts";

export interface ParsedAddress {
  readonly pattern: AddressPattern;
  readonly address: Token;
  readonly mask: Token | null;
}

/** What `getaddrinfo` says of a name that it does not know, and of a number where none can be read. */
export const noName = "Name or service not known";

/**
 * The address column, and the mask column where the address is a number without prefix length.
 *
 *     10.1.2.3/8   10.1.2.3 255.0.0.0   ::1/128   fe80::1%eth0/64   .example.com   all   samenet
 *
 * What is no number is a host name, whatever it looks like (`300.1.1.1` too).
 */
export function parseAddress(
  [field, maskField]: readonly [Field | undefined, Field | undefined],
  line: Span,
  asker: Asker,
): ParsedAddress | Mistake {
  const address = field?.[0];
  if (!field || !address) return mistake(line, "end-of-line before IP address specification");
  if (field.length > 1) {
    const hint = "Specify one address range per line.";
    return mistake(listSpan(address, field), "multiple values specified for host address", { hint });
  }
  const { text } = address;
  if (!address.quoted && (text === "all" || text === "samehost" || text === "samenet")) {
    return { pattern: { kind: text }, address, mask: null };
  }
  const slash = text.indexOf("/");
  const ip = parseNumericHost(slash < 0 ? text : text.slice(0, slash), asker);
  if (ip === null) {
    if (slash < 0) return { pattern: { kind: "hostname", name: text }, address, mask: null };
    return mistake(address, `specifying both host name and CIDR mask is invalid: "${text}"`);
  }
  if (slash >= 0) {
    const prefix = parsePrefix(text.slice(slash + 1), ip);
    if (prefix === null) return mistake(address, `invalid CIDR mask in address "${text}"`);
    return { pattern: { kind: "network", ip, mask: maskOf(prefix, familyOf(ip)) }, address, mask: null };
  }
  const mask = parseMask(maskField, ip, line, asker);
  return isMistake(mask)
    ? mask
    : { pattern: { kind: "network", ip, mask: mask.ip }, address, mask: mask.token };
}

/** What `getaddrinfo` takes for a number: `inet_aton`'s IPv4 spellings, IPv6 with or without a zone. */
export function parseNumericHost(text: Bytes, asker: Asker): Ip | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return ipv4;
  const percent = text.indexOf("%");
  if (percent < 0) return parseIpv6(text);
  const ipv6 = parseIpv6(text.slice(0, percent));
  const zone = text.slice(percent + 1);
  return ipv6 !== null && zoneExists(ipv6, zone, asker) ? ipv6 : null;
}

function zoneExists(ip: Ip, zone: Bytes, asker: Asker): boolean {
  if (/^[0-9]+$/.test(zone) && Number(zone) <= 0xffffffff) return true;
  return isLinkLocal(ip) && zone !== "" && asker.zone(zone) === true;
}

function parsePrefix(text: Bytes, ip: Ip): number | null {
  const { value, rest, digits } = strtol(text);
  return digits && rest === "" && value >= 0n && value <= 8 * ip.length ? Number(value) : null;
}

function parseMask(
  field: Field | undefined,
  ip: Ip,
  line: Span,
  asker: Asker,
): { readonly ip: Ip; readonly token: Token } | Mistake {
  const token = field?.[0];
  if (!field || !token) {
    const hint = "Specify an address range in CIDR notation, or provide a separate netmask.";
    return mistake(line, "end-of-line before netmask specification", { hint });
  }
  if (field.length > 1) return mistake(listSpan(token, field), "multiple values specified for netmask");
  const mask = parseNumericHost(token.text, asker);
  if (mask === null) return mistake(token, `invalid IP mask "${token.text}": ${noName}`);
  if (mask.length !== ip.length) return mistake(token, "IP address and mask do not match");
  return { ip: mask, token };
}

/** From the first to the last token of a list, as far as they stand on one line. */
export function listSpan(first: Token, list: readonly Token[]): Span {
  let last = first;
  for (const token of list) if (token.line === first.line) last = token;
  return { line: first.line, start: first.start, end: last.end };
}
