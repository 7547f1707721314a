import { createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import type { Bytes } from "@sallyport/policy";
import { certificatesInPem } from "@sallyport/wire";
import { tlsConf } from "./client-conf.ts";
import type { ConfFile } from "./client-conf.ts";
import type { LdapTrust } from "./dial.ts";

/** A file's contents; `failed`: the reason in the system's words. */
export type ReadFile = (
  name: Bytes,
) => Promise<{ readonly bytes: Bytes } | { readonly failed: Bytes; readonly missing: boolean }>;

/** Where OpenLDAP's clients have their configuration: Debian's place, and OpenLDAP's own. */
const places: readonly Bytes[] = ["/etc/ldap/ldap.conf", "/etc/openldap/ldap.conf"];

/**
 * Reads, each time it is asked, what OpenLDAP's clients are to trust: TLS_CACERT of the system's ldap.conf, of the file that
 * LDAPCONF names, or LDAPTLS_CACERT; the last of these that is there counts. The certificates are parsed once, as long
 * as the contents of their file stay the same.
 */
export function systemTrust(
  readFile: ReadFile,
  environment: ReadonlyMap<string, Bytes>,
): () => Promise<LdapTrust> {
  let last: { readonly bytes: Bytes; readonly context: SecureContext } | null = null;
  return async () => {
    const files = environment.has("LDAPNOINIT") ? [] : await confFiles(readFile, environment.get("LDAPCONF"));
    if ("refused" in files) return files;
    const conf = tlsConf(files, environment);
    if ("refused" in conf) return conf;
    const { caFile, minVersion } = conf;
    const content = await readFile(caFile);
    if ("failed" in content) return { refused: `could not read TLS_CACERT "${caFile}": ${content.failed}` };
    if (last?.bytes !== content.bytes) {
      const context = contextOf(content.bytes);
      if (context === null)
        return { refused: `TLS_CACERT "${caFile}" holds no certificate that can be read` };
      last = { bytes: content.bytes, context };
    }
    return { context: last.context, minVersion };
  };
}

/** Null: there is none to trust, which Node would take for the authorities of all the world. */
function contextOf(pem: Bytes): SecureContext | null {
  const ca = certificatesInPem(pem);
  try {
    return ca.length === 0 ? null : createSecureContext({ ca: [...ca] });
  } catch {
    return null;
  }
}

/** One that is there and cannot be read may forbid what would be done without it; so may one that is named. */
async function confFiles(
  readFile: ReadFile,
  named: Bytes | undefined,
): Promise<readonly ConfFile[] | { readonly refused: Bytes }> {
  const files: ConfFile[] = [];
  for (const name of [...places, ...(named === undefined ? [] : [named])]) {
    const content = await readFile(name);
    if ("bytes" in content) files.push({ name, bytes: content.bytes });
    else if (!content.missing || name === named)
      return { refused: `could not read "${name}": ${content.failed}` };
  }
  return files;
}
