import { X509Certificate } from "node:crypto";
import { certificatesInPem } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import { systemDisk } from "../config/index.ts";
import { openSslReason, TlsFault } from "./tls-fault.ts";

export interface Authority {
  readonly pem: Bytes;
  readonly certificate: X509Certificate;
}

/**
 * The certificates of `ssl_ca_file`: by one of these a client's certificate has to be signed.
 *
 * @throws {TlsFault} if there is none, which Node would take for the authorities of all the world
 */
export async function readAuthorities(file: Bytes): Promise<readonly Authority[]> {
  const content = await systemDisk.readFile(file);
  const failed = (reason: Bytes): TlsFault =>
    new TlsFault(`could not load root certificate file "${file}": ${reason}`);
  if (!("bytes" in content)) throw failed(content.openError.reason);
  const certificates = certificatesInPem(content.bytes);
  if (certificates.length === 0) throw failed("no certificate or crl found");
  return certificates.map((pem) => {
    try {
      return { pem, certificate: new X509Certificate(Buffer.from(pem, "latin1")) };
    } catch (error) {
      throw failed(openSslReason(error));
    }
  });
}
