import { constants } from "node:crypto";
import type { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { TlsOptions } from "node:tls";
import { pemBlocks, tlsServerEndPoint } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import { systemDisk } from "../config/index.ts";
import type { Settings, TlsSettings } from "../config/index.ts";
import { readAuthorities } from "./authorities.ts";
import { readRevocationLists } from "./revocation.ts";
import { readServerCertificate } from "./server-certificate.ts";
import type { ServerCertificate } from "./server-certificate.ts";
import { openSslReason, TlsFault } from "./tls-fault.ts";

/** TLS as the settings ask for it: files read, and found good. */
export interface TlsConfiguration {
  /** For a `tls.Server`. */
  readonly options: TlsOptions;
  /** Our own. */
  readonly certificate: X509Certificate;
  /** What a client may bind its login to: a hash of our certificate; null if its signature has none. */
  readonly endPoint: Buffer | null;
  /** The versions that are spoken, for a HINT. */
  readonly versions: { readonly oldest: Bytes; readonly newest: Bytes };
  readonly clients: ClientCertificates;
}

/** Which certificates of clients are good. */
export interface ClientCertificates {
  /** Clients are asked for theirs (`ssl_ca_file`). */
  readonly asked: boolean;
  /** Lists of revoked ones are asked for, and there is none: so none is good. */
  readonly withoutLists: boolean;
  /** Who is trusted to sign them. */
  readonly authorities: readonly X509Certificate[];
}

/**
 * Reads the files of TLS, in a server's order, and tries what OpenSSL makes of them.
 *
 * @param atStart a passphrase may be asked for
 * @param uid of the user that the gateway runs as
 * @throws {TlsFault} in a server's words
 */
export async function readTls(
  settings: Settings,
  { atStart, uid }: { readonly atStart: boolean; readonly uid: number },
): Promise<TlsConfiguration> {
  const own = await readServerCertificate(settings, { atStart, uid });
  const options: TlsOptions = {
    ...tried(settings, own),
    ...(await diffieHellman(settings)),
  };
  const authorities = settings.ssl_ca_file === "" ? [] : await readAuthorities(settings.ssl_ca_file);
  const lists = await readRevocationLists(settings);
  const asked = authorities.length > 0;
  const inUse = asked && lists !== null && lists.length > 0 ? { crl: [...lists] } : {};
  const clients: TlsOptions = asked
    ? { ca: authorities.map(({ pem }) => pem), requestCert: true, ...inUse }
    : { requestCert: false };
  attempt({ ...options, ...clients }, (reason) => new TlsFault(`could not set up TLS: ${reason}`));
  return {
    options: { ...options, ...clients, rejectUnauthorized: false },
    certificate: own.certificate,
    endPoint: tlsServerEndPoint(own.certificate.raw),
    versions: {
      oldest: settings.ssl_min_protocol_version,
      newest: settings.ssl_max_protocol_version || newest,
    },
    clients: {
      asked,
      withoutLists: lists !== null && lists.length === 0,
      authorities: authorities.map(({ certificate }) => certificate),
    },
  };
}

const newest = "TLSv1.3";

/** No resumed sessions, no second handshake: each connection proves itself as a whole (manual, 18.9). */
const secureOptions =
  constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION;

/** Each part by itself, so that a fault says which setting it is about. */
function tried(settings: TlsSettings, { chain, key }: ServerCertificate): TlsOptions {
  const { ssl_groups: groups, ssl_cert_file: file } = settings;
  const own: TlsOptions = { cert: chain, key: key.export({ type: "pkcs8", format: "pem" }) };
  attempt(own, (reason) => new TlsFault(`could not load server certificate file "${file}": ${reason}`));
  const groupFault = new TlsFault(
    "could not set group names specified in ssl_groups: No valid groups found",
    {
      hint: "Ensure that each group name is spelled correctly and supported by the installed version of OpenSSL.",
    },
  );
  if (groups === "") throw groupFault;
  attempt({ ecdhCurve: groups }, () => groupFault);
  return {
    ...own,
    ...protocolVersions(settings),
    ecdhCurve: groups,
    ciphers: cipherSuites(settings),
    honorCipherOrder: settings.ssl_prefer_server_ciphers,
    secureOptions,
  };
}

function protocolVersions({
  ssl_min_protocol_version: minVersion,
  ssl_max_protocol_version: maxVersion,
}: TlsSettings): TlsOptions {
  if (maxVersion === "") return { minVersion, maxVersion: newest };
  if (minVersion > maxVersion) {
    throw new TlsFault("could not set SSL protocol version range", {
      detail: '"ssl_min_protocol_version" cannot be higher than "ssl_max_protocol_version"',
    });
  }
  return { minVersion, maxVersion };
}

/** Node takes both lists in one, and tells suites of TLS 1.3 by their names. */
function cipherSuites({ ssl_ciphers, ssl_tls13_ciphers }: TlsSettings): Bytes {
  const old = namesIn(ssl_ciphers).filter((name) => !name.startsWith("TLS_"));
  const noList = new TlsFault("could not set the cipher list (no valid ciphers available)");
  if (old.length === 0) throw noList;
  attempt({ ciphers: old.join(":") }, () => noList);
  const suites = namesIn(ssl_tls13_ciphers);
  const both = [...suites, ...old].join(":");
  const noSuites = new TlsFault("could not set the TLSv1.3 cipher suites (no valid ciphers available)");
  if (!suites.every((name) => name.startsWith("TLS_"))) throw noSuites;
  attempt({ ciphers: both }, () => noSuites);
  return both;
}

function namesIn(list: Bytes): readonly Bytes[] {
  return list.split(/[:, ]/).filter((name) => name !== "");
}

async function diffieHellman({ ssl_dh_params_file: file }: TlsSettings): Promise<TlsOptions> {
  if (file === "") return { dhparam: "auto" };
  const content = await systemDisk.readFile(file);
  if (!("bytes" in content))
    throw new TlsFault(`could not open DH parameters file "${file}": ${content.openError.reason}`);
  const parameters = pemBlocks(content.bytes).find(({ label }) => label.endsWith("DH PARAMETERS"));
  if (parameters === undefined) throw parametersFault("no start line");
  attempt({ dhparam: parameters.pem }, parametersFault);
  return { dhparam: parameters.pem };
}

function parametersFault(reason: Bytes): TlsFault {
  return new TlsFault(`could not load DH parameters file: ${reason}`);
}

function attempt(options: TlsOptions, fault: (reason: Bytes) => TlsFault): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw fault(openSslReason(error));
  }
}
