/** Whether a server's certificate is for the host that was asked for: as libpq decides it, for `verify-full`. */
import { fromBuffer } from "../../byte-string.ts";
import { WireError } from "../../errors.ts";
import { serverNames } from "../../x509/server-names.ts";
import type { AlternativeName, ServerNames } from "../../x509/server-names.ts";
import { ipText, ipv4Bytes, ipv6Bytes } from "./ip-address.ts";

/**
 * Null if the certificate is for `host`, else why not, in libpq's words.
 *
 * The names of the subjectAltName count, DNS names and addresses both; the subject's first common name only if there
 * is none of the kind that `host` is. A wildcard stands for the first label alone.
 *
 * @param der the certificate that the server presented
 * @param host `host` of the connection string, a byte string; empty: there was only an address to connect to
 */
export function wrongServerName(der: Buffer, host: string): string | null {
  if (host === "") return "host name must be specified for a verified SSL connection";
  const names = namesOf(der);
  if (names === null) return "could not get server's host name from server certificate";
  const examined: string[] = [];
  const address = ipv4Bytes(host) ?? ipv6Bytes(host);
  const sameKind = address === null ? "dns" : "ip";
  for (const name of names.alternative) {
    if (name.kind === "other") continue;
    const outcome = name.kind === "dns" ? compareName(name.content, host) : compareAddress(name, address);
    if (typeof outcome.shown === "string") examined.push(outcome.shown);
    if (outcome.error !== null) return outcome.error;
    if (outcome.matches) return null;
  }
  if (names.commonName !== null && !names.alternative.some(({ kind }) => kind === sameKind)) {
    const outcome = compareName(names.commonName, host);
    examined.push(outcome.shown);
    if (outcome.error !== null) return outcome.error;
    if (outcome.matches) return null;
  }
  return mismatch(examined, host);
}

interface Outcome {
  readonly matches: boolean;
  readonly error: string | null;
  readonly shown: string;
}

function namesOf(der: Buffer): ServerNames | null {
  try {
    return serverNames(der);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function compareName(content: Buffer, host: string): Outcome {
  const shown = fromBuffer(content);
  // What stands before a NUL must not pass for all of it.
  const error = shown.includes("\0") ? "SSL certificate's name contains embedded null" : null;
  const [name, wanted] = [lower(shown), lower(host)];
  return { matches: name === wanted || fitsWildcard(name, wanted), error, shown };
}

/** `*.example.com` stands for `a.example.com`, and neither for `example.com` nor for `a.b.example.com`. */
function fitsWildcard(pattern: string, host: string): boolean {
  if (pattern.length < 3 || !pattern.startsWith("*.")) return false;
  const dot = host.indexOf(".");
  return dot > 0 && host.slice(dot) === pattern.slice(1);
}

function compareAddress({ content }: AlternativeName, address: Buffer | null): Outcome {
  const shown = ipText(content);
  return shown === null
    ? {
        matches: false,
        error: `certificate contains IP address with invalid length ${content.length}`,
        shown: "",
      }
    : { matches: address?.equals(content) === true, error: null, shown };
}

/** ASCII letters alone. */
function lower(bytes: string): string {
  return bytes.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function mismatch(examined: readonly string[], host: string): string {
  const [first] = examined;
  if (first === undefined) return "could not get server's host name from server certificate";
  const others = examined.length - 1;
  const more = others === 0 ? "" : ` (and ${others} other name${others === 1 ? "" : "s"})`;
  return `server certificate for "${first}"${more} does not match host name "${host}"`;
}
