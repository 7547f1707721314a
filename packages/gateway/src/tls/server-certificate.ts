import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { certificatesInPem, pemBlocks } from "@sallyport/wire";
import type { Secret } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import { systemDisk } from "../config/index.ts";
import type { TlsSettings } from "../config/index.ts";
import { readKeyFile } from "./key-file.ts";
import { runPassphraseCommand } from "./passphrase.ts";
import { openSslReason, TlsFault } from "./tls-fault.ts";

/** What the gateway shows to clients, and proves. */
export interface ServerCertificate {
  readonly certificate: X509Certificate;
  /** It, and those that lead to its authority, in PEM. */
  readonly chain: Bytes;
  readonly key: KeyObject;
}

/** @throws {TlsFault} */
export async function readServerCertificate(
  settings: TlsSettings,
  { atStart, uid }: { readonly atStart: boolean; readonly uid: number },
): Promise<ServerCertificate> {
  const { chain, certificate } = await readChain(settings.ssl_cert_file);
  const file = settings.ssl_key_file;
  const text = await readKeyFile(file, uid);
  if (pemBlocks(text).length === 0) throw keyFault(file, "no start line");
  const passphrase = isEncrypted(text) ? await askPassphrase(settings, atStart) : null;
  const key = decodeKey(file, text, passphrase);
  if (!certificate.checkPrivateKey(key)) throw keyFault(file, "key values mismatch");
  return { certificate, chain, key };
}

async function readChain(file: Bytes): Promise<Omit<ServerCertificate, "key">> {
  const content = await systemDisk.readFile(file);
  const failed = (reason: Bytes): TlsFault =>
    new TlsFault(`could not load server certificate file "${file}": ${reason}`);
  if (!("bytes" in content)) throw failed(content.openError.reason);
  const certificates = certificatesInPem(content.bytes);
  const [first] = certificates;
  if (first === undefined) throw failed("no start line");
  try {
    const certificate = new X509Certificate(Buffer.from(first, "latin1"));
    return { certificate, chain: certificates.join("") };
  } catch (error) {
    throw failed(openSslReason(error));
  }
}

function isEncrypted(text: Bytes): boolean {
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m.test(text);
}

/** Nobody sits at a gateway: a passphrase comes from a command. At a reload only if that is allowed. */
async function askPassphrase(settings: TlsSettings, atStart: boolean): Promise<Secret> {
  const { ssl_key_file: file, ssl_passphrase_command: command } = settings;
  if (!atStart && !(command !== "" && settings.ssl_passphrase_command_supports_reload))
    throw new TlsFault(`private key file "${file}" cannot be reloaded because it requires a passphrase`);
  if (command === "") {
    throw new TlsFault(`private key file "${file}" requires a passphrase`, {
      hint: "Set ssl_passphrase_command.",
    });
  }
  return await runPassphraseCommand(command);
}

function decodeKey(file: Bytes, text: Bytes, passphrase: Secret | null): KeyObject {
  try {
    const encrypted = passphrase === null ? {} : { passphrase: Buffer.from(passphrase.reveal(), "latin1") };
    return createPrivateKey({ key: Buffer.from(text, "latin1"), format: "pem", ...encrypted });
  } catch (error) {
    throw keyFault(file, openSslReason(error));
  }
}

function keyFault(file: Bytes, reason: Bytes): TlsFault {
  return new TlsFault(`could not load private key file "${file}": ${reason}`);
}
