import { asciiLower } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";

/** What the configuration of OpenLDAP's clients (ldap.conf(5)) says about TLS. */
export type TlsConf =
  | { readonly caFile: Bytes; readonly minVersion: "TLSv1.2" | "TLSv1.3" }
  | { readonly refused: Bytes };

/**
 * Options that would make TLS tell more, or less, of a server than is checked here, with the values that change nothing.
 * None of them is passed over in silence: with another value there is no TLS at all.
 */
const harmless: Readonly<Record<string, readonly string[]>> = {
  tls_reqcert: ["demand", "hard"],
  tls_reqsan: ["allow"],
  tls_crlcheck: ["none"],
  tls_crlfile: [],
  tls_cipher_suite: [],
  tls_peerkey_hash: [],
  tls_cert: [],
  tls_key: [],
};

export interface ConfFile {
  readonly name: Bytes;
  readonly bytes: Bytes;
}

/**
 * @param files the later ones override those before them
 * @param environment in which `LDAPTLS_CACERT` and its like override the files, as they do for OpenLDAP
 */
export function tlsConf(files: readonly ConfFile[], environment: ReadonlyMap<string, Bytes>): TlsConf {
  const options = new Map<string, { readonly value: Bytes; readonly from: Bytes }>();
  for (const file of files) {
    for (const [name, value] of linesOf(file.bytes)) {
      // OpenLDAP takes these from users, not from the system.
      if (name !== "tls_cert" && name !== "tls_key") options.set(name, { value, from: `in ${file.name}` });
    }
  }
  for (const [variable, value] of environment) {
    const name = asciiLower(variable);
    if (name.startsWith("ldaptls_")) options.set(name.slice(4), { value, from: "in the environment" });
  }
  for (const [name, allowed] of Object.entries(harmless)) {
    const option = options.get(name);
    if (option === undefined || allowed.includes(asciiLower(option.value))) continue;
    const shown = allowed.length === 0 ? "" : ` ${option.value}`;
    return { refused: `${name.toUpperCase()}${shown} ${option.from} is not supported` };
  }
  const minimum = options.get("tls_protocol_min");
  const minVersion = minimum === undefined ? "TLSv1.2" : protocols.get(minimum.value);
  if (minVersion === undefined) {
    return { refused: `TLS_PROTOCOL_MIN ${minimum?.value} ${minimum?.from} is not supported` };
  }
  const caFile = options.get("tls_cacert")?.value ?? "";
  if (caFile === "") {
    return { refused: "no certificate authority is trusted: set TLS_CACERT in ldap.conf, or LDAPTLS_CACERT" };
  }
  return { caFile, minVersion };
}

/** In OpenLDAP's numbers; older than 1.2 is not to be had, however low the minimum. */
const protocols: ReadonlyMap<Bytes, "TLSv1.2" | "TLSv1.3"> = new Map([
  ["0.0", "TLSv1.2"],
  ["3.0", "TLSv1.2"],
  ["3.1", "TLSv1.2"],
  ["3.2", "TLSv1.2"],
  ["3.3", "TLSv1.2"],
  ["3.4", "TLSv1.3"],
] as const);

/** Of several lines for one option the last one counts. */
function linesOf(bytes: Bytes): (readonly [name: string, value: Bytes])[] {
  return bytes.split("\n").flatMap((line) => {
    const [, name, value] = /^\s*([^\s#]\S*)\s+(.*?)\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[asciiLower(name), value] as const];
  });
}
