import { posix } from "node:path";
import type { Bytes } from "@sallyport/policy";
import { revocationListsInPem } from "@sallyport/wire";
import { readDirectory } from "@sallyport/policy/node";
import { systemDisk } from "../config/index.ts";
import { TlsFault } from "./tls-fault.ts";

export interface RevocationSettings {
  readonly ssl_crl_file: Bytes;
  readonly ssl_crl_dir: Bytes;
}

/** As `openssl rehash` names the lists of a directory. */
const hashedName = /^[0-9a-f]{8}\.r\d+$/;

/**
 * The lists of revoked certificates, in PEM. Null: none are asked for. An empty list of lists: they are asked for, and without one no
 * certificate is good.
 *
 * @throws {TlsFault} for a file without any; a directory may be empty, or missing, as for a server
 */
export async function readRevocationLists({
  ssl_crl_file: file,
  ssl_crl_dir: directory,
}: RevocationSettings): Promise<readonly Bytes[] | null> {
  if (file === "" && directory === "") return null;
  return [
    ...(file === "" ? [] : await listsOfFile(file, directory)),
    ...(directory === "" ? [] : await listsOfDirectory(directory)),
  ];
}

async function listsOfFile(file: Bytes, directory: Bytes): Promise<readonly Bytes[]> {
  const content = await systemDisk.readFile(file);
  const lists = "bytes" in content ? revocationListsInPem(content.bytes) : [];
  if (lists.length > 0) return lists;
  const reason = "bytes" in content ? "no certificate or crl found" : content.openError.reason;
  const beside = directory === "" ? "" : ` or directory "${directory}"`;
  throw new TlsFault(`could not load SSL certificate revocation list file "${file}"${beside}: ${reason}`);
}

async function listsOfDirectory(directory: Bytes): Promise<readonly Bytes[]> {
  const content = await readDirectory(directory);
  if ("openError" in content) return [];
  const names = content.entries.map(({ name }) => name).filter((name) => hashedName.test(name));
  const lists: Bytes[] = [];
  for (const name of names.toSorted()) {
    const list = await systemDisk.readFile(posix.join(directory, name));
    if ("bytes" in list) lists.push(...revocationListsInPem(list.bytes));
  }
  return lists;
}
