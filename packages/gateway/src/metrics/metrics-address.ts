import { isIP, isIPv6 } from "node:net";
import type { Bytes } from "@sallyport/policy";
import type { ValueError } from "../config/setting.ts";

/** Where metrics and probes are served. */
export interface MetricsAddress {
  /** Null: every address of the machine. */
  readonly host: string | null;
  readonly port: number;
}

const example = `Write address and port, as in "127.0.0.1:9632" or "[::1]:9632"; "*:9632" is every address.`;

/** Reads `ADDRESS:PORT`, with an IPv6 address in brackets. Names are not looked up: one may have several addresses. */
export function parseMetricsAddress(text: Bytes): MetricsAddress | Omit<ValueError, "message"> {
  if (isIPv6(text))
    return { detail: "An IPv6 address stands in brackets, and a port behind it.", hint: example };
  if (isIP(text) || text === "*") return { detail: "There is no port.", hint: `For example "${text}:9632".` };
  const [, brackets, bare, digits] = /^(?:\[([^\]]*)\]|([^:[\]]+)):([^:]*)$/.exec(text) ?? [];
  const name = brackets ?? bare;
  if (name === undefined || digits === undefined) return { hint: example };
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) return { detail: `"${digits}" is not a port (1 .. 65535).` };
  if (brackets !== undefined && !isIPv6(name))
    return { detail: `"${name}" is not an IPv6 address.`, hint: example };
  if (bare === "*") return { host: null, port };
  if (isIP(name)) return { host: name, port };
  const hint = `Names are not looked up here: for this machine alone write "127.0.0.1:${port}" or "[::1]:${port}".`;
  return { detail: `"${name}" is not an IP address.`, hint };
}

/** As one would write it. */
export function showMetricsAddress({ host, port }: MetricsAddress): string {
  if (host === null) return `*:${port}`;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
