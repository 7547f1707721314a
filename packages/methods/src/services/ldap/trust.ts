import { createSecureContext } from "node:tls";
import type { SecureContext, SecureVersion } from "node:tls";
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
 * as the contents of their file, and the least version, stay the same.
 */
export function systemTrust(
  readFile: ReadFile,
  environment: ReadonlyMap<string, Bytes>,
): () => Promise<LdapTrust> {
  let last: Made | null = null;
  return async () => {
    const files = environment.has("LDAPNOINIT") ? [] : await confFiles(readFile, environment.get("LDAPCONF"));
    if ("refused" in files) return files;
    const conf = tlsConf(files, environment);
    if ("refused" in conf) return conf;
    const { caFile, minVersion } = conf;
    const content = await readFile(caFile);
    if ("failed" in content) return { refused: `could not read TLS_CACERT "${caFile}": ${content.failed}` };
    if (last?.bytes !== content.bytes || last.minVersion !== minVersion) {
      const context = contextOf(content.bytes, minVersion);
      if (context === null)
        return { refused: `TLS_CACERT "${caFile}" holds no certificate that can be read` };
      last = { bytes: content.bytes, minVersion, context };
    }
    return { context: last.context };
  };
}

/** A context, and what it was made of. */
interface Made {
  readonly bytes: Bytes;
  readonly minVersion: SecureVersion;
  readonly context: SecureContext;
}

/**
 * Null: there is none to trust, which Node would take for the authorities of all the world.
 *
 * @param minVersion is said here, because otherwise the options of Node (`--tls-min-v1.0`) would count
 */
function contextOf(pem: Bytes, minVersion: SecureVersion): SecureContext | null {
  const ca = certificatesInPem(pem);
  try {
    return ca.length === 0 ? null : createSecureContext({ ca: [...ca], minVersion });
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
