/** The files that asking an issuer of tokens needs. They are small, and read when they are needed: a new one counts at once. */
import { utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { IssuerFault } from "@sallyport/methods";
import { Secret } from "@sallyport/wire";
import { systemDisk } from "../../config/index.ts";
import type { Settings } from "../../config/index.ts";

/**
 * What stands in `oauth_introspection_client_secret_file`: its first line. Nobody else may read it, as with a private key.
 *
 * @param runsAs the user of the gateway
 * @throws {IssuerFault}
 */
export async function readClientSecret(
  { oauth_introspection_client_secret_file: file }: Settings,
  runsAs: number | undefined = process.geteuid?.(),
): Promise<Secret> {
  const { bytes, mode, uid } = await read(file);
  if (uid !== runsAs && uid !== 0)
    throw new IssuerFault(`Secret file "${file}" must be owned by the user of the gateway or root.`);
  if ((mode & (uid === runsAs ? 0o077 : 0o037)) !== 0)
    throw new IssuerFault(`Secret file "${file}" has group or world access.`);
  const [line = ""] = bytes.split(/\r?\n/, 1);
  if (line === "") throw new IssuerFault(`Secret file "${file}" is empty.`);
  return new Secret(line);
}

/**
 * The certificates of `oauth_ca_file`; null: there is no such file, and the authorities that Node.js brings count.
 *
 * @throws {IssuerFault}
 */
export async function readIssuerAuthorities({ oauth_ca_file: file }: Settings): Promise<string | null> {
  if (file === "") return null;
  const { bytes } = await read(file);
  if (!bytes.includes("-----BEGIN CERTIFICATE-----"))
    throw new IssuerFault(`File "${file}" holds no certificate.`);
  return bytes;
}

async function read(
  file: Bytes,
): Promise<{ readonly bytes: Bytes; readonly mode: number; readonly uid?: number }> {
  const content = await systemDisk.readFile(file);
  if ("openError" in content)
    throw new IssuerFault(`Could not open file "${file}": ${utf8Bytes(content.openError.reason)}.`);
  return content;
}
