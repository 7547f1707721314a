/** What OpenSSL makes of the files of a connection: parsed once, for as long as they stay the same. */
import { constants, createHash, createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import { toUnicode } from "../../byte-string.ts";
import type { Secret } from "../../secret.ts";
import { fromBuffer } from "../../byte-string.ts";
import { certificatesInPem, revocationListsInPem } from "../../x509/pem.ts";
import { opensslReason, tlsFailed } from "./tls-error.ts";
import type { TlsContents, TlsFile } from "./tls-files.ts";
import type { TlsOptions } from "../../conninfo/tls-options.ts";

/** How to make a handshake. */
export interface TlsMaterial {
  readonly context: SecureContext;
  /** Somebody is trusted, so the server's certificate must be of one of them. */
  readonly verifies: boolean;
  /** We have a certificate to show. */
  readonly showsCertificate: boolean;
}

/** Parsing the system's bundle takes some 15 ms, and each login needs it. */
const cache = new Map<string, TlsMaterial>();
const MAX_CACHED = 8;

/** @throws {WireError} `tls_failed`, in libpq's words */
export function tlsMaterial(options: TlsOptions, contents: TlsContents): TlsMaterial {
  const key = fingerprint(options, contents);
  const material = cache.get(key) ?? build(options, contents);
  // What was used last stands last.
  cache.delete(key);
  cache.set(key, material);
  for (const oldest of cache.keys()) {
    if (cache.size <= MAX_CACHED) break;
    cache.delete(oldest);
  }
  return material;
}

function fingerprint(
  { minVersion, maxVersion, keyPassword }: TlsOptions,
  { roots, crls, certificate }: TlsContents,
): string {
  const files = [roots, certificate?.chain ?? null, certificate?.key ?? null, ...(crls ?? [])];
  const lengths = files.map((file) => file && [file.path, file.contents.length]);
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify([minVersion, maxVersion, crls === null, lengths, keyPassword?.reveal() ?? null]),
  );
  for (const file of files) hash.update(file?.contents ?? "");
  return hash.digest("base64");
}

function build(options: TlsOptions, { roots, crls, certificate }: TlsContents): TlsMaterial {
  const { minVersion, maxVersion, keyPassword } = options;
  const key = certificate === null ? null : clientKey(certificate.chain, certificate.key, keyPassword);
  try {
    const context = createSecureContext({
      // An empty list is none; without it Node would trust those that it brings along.
      ca: roots === null ? [] : [...trusted(roots)],
      ...(crls === null ? {} : { crl: [...revocationLists(crls)] }),
      ...(certificate === null || key === null ? {} : { cert: certificate.chain.contents, key }),
      ...(minVersion === null ? {} : { minVersion }),
      ...(maxVersion === null ? {} : { maxVersion }),
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
    return { context, verifies: roots !== null, showsCertificate: certificate !== null };
  } catch (error) {
    if (error instanceof Error && "library" in error) {
      throw tlsFailed(`could not create SSL context: ${opensslReason(error)}`, error);
    }
    throw error;
  }
}

/** OpenSSL takes a file without a single certificate for one that trusts nobody: we say what is wrong with it. */
function trusted({ path, contents }: TlsFile): readonly string[] {
  const blocks = certificatesInPem(fromBuffer(contents));
  if (blocks.length === 0) {
    throw tlsFailed(`could not read root certificate file "${path}": no certificate or crl found`);
  }
  return blocks;
}

/** There must be one: of none at all OpenSSL, through Node, would take it that nobody asks for lists. */
function revocationLists(files: readonly TlsFile[]): readonly string[] {
  const blocks = files.map(({ path, contents }) => {
    const found = revocationListsInPem(fromBuffer(contents));
    if (found.length === 0) {
      throw tlsFailed(
        `could not read certificate revocation list file "${path}": no certificate or crl found`,
      );
    }
    return found;
  });
  if (blocks.length === 0) {
    throw tlsFailed("SSL error: certificate verify failed: unable to get certificate CRL");
  }
  return blocks.flat();
}

/** The key, in the one form that Node takes, if it is the certificate's. */
function clientKey(chain: TlsFile, file: TlsFile, password: Secret | null): Buffer {
  const key = readKey(file, password);
  let matches: boolean;
  try {
    matches = new X509Certificate(chain.contents).checkPrivateKey(key);
  } catch (error) {
    throw tlsFailed(`could not read certificate file "${chain.path}": ${opensslReason(error)}`, error);
  }
  if (!matches) {
    throw tlsFailed(`certificate does not match private key file "${file.path}": key values mismatch`);
  }
  return Buffer.from(key.export({ type: "pkcs8", format: "pem" }));
}

/** PEM, else DER, as libpq tries them. Without a password an encrypted key is an error, never a question. */
function readKey({ path, contents }: TlsFile, password: Secret | null): KeyObject {
  const passphrase = password === null ? {} : { passphrase: toUnicode(password.reveal()) };
  try {
    return createPrivateKey({ key: contents, format: "pem", ...passphrase });
  } catch (error) {
    for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
      try {
        return createPrivateKey({ key: contents, format: "der", type, ...passphrase });
      } catch {
        // The reason is that of the first.
      }
    }
    throw tlsFailed(`could not load private key file "${path}": ${opensslReason(error)}`, error);
  }
}
