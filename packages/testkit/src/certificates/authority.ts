/** Certificate authorities for tests: every certificate that a server or client may be shown, made by openssl. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "../temp-directory.ts";
import { makeKey, openssl } from "./openssl.ts";
import type { KeyKind } from "./openssl.ts";

export interface CertificateRequest {
  /** In openssl's form, UTF-8: `/O=PGDG/CN=localhost`; `+` joins the parts of a multi-valued name; empty: no name. */
  readonly subject: string;
  /** The subjectAltName, as openssl writes it: `DNS:localhost,IP:127.0.0.1`. */
  readonly names?: string;
  /** The extendedKeyUsage, as openssl writes it: `serverAuth`, `clientAuth`; default: none, which means anything. */
  readonly usage?: string;
  /** More lines of the extension section. */
  readonly extensions?: readonly string[];
  /** Default `ec`. */
  readonly key?: KeyKind;
  /** What the signature is made with; default `sha256`; null: the key has one of its own (Ed25519). */
  readonly digest?: string | null;
  /** More options of the signature: `rsa_padding_mode:pss`. */
  readonly signature?: readonly string[];
  /** Default: from yesterday until tomorrow. */
  readonly valid?: "now" | "expired" | "not yet";
  /** How long it is valid from today on, in place of tomorrow. */
  readonly days?: number;
}

/** A certificate and its key, in PEM, in private files. */
export interface IssuedCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The certificate, and behind it those of intermediate authorities. */
  readonly chain: Buffer;
  readonly certFile: string;
  readonly keyFile: string;
  readonly chainFile: string;
  /** Hexadecimal. */
  readonly serial: string;
}

export interface CertificateList {
  readonly list: Buffer;
  readonly listFile: string;
  /** A directory as `ssl_crl_dir` and `sslcrldir` want it, with this list in it alone. */
  readonly directory: string;
}

/** An authority; its files go away with `await using`, or by `remove()`. */
export interface CertificateAuthority extends AsyncDisposable, IssuedCertificate {
  readonly issue: (request: CertificateRequest) => Promise<IssuedCertificate>;
  /** An authority whose own certificate this one has issued. */
  readonly intermediate: (request: CertificateRequest) => Promise<CertificateAuthority>;
  /** A list of what is revoked; `expired`: it is out of date. */
  readonly revoke: (revoked: readonly IssuedCertificate[], expired?: boolean) => Promise<CertificateList>;
  readonly remove: () => Promise<void>;
}

const dates = { now: [-1, 1], expired: [-2, -1], "not yet": [1, 2] } as const;
const caExtensions = ["basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign"] as const;

/** Makes a root authority of its own. */
export async function certificateAuthority(
  request: CertificateRequest = { subject: "/CN=Sallyport test root" },
): Promise<CertificateAuthority> {
  const room = await tempDirectory();
  try {
    const workshop: Workshop = { path: room.path, counter: { last: 0 } };
    const extensions = [...caExtensions, ...(request.extensions ?? [])];
    const own = await issue(workshop, null, { ...request, extensions });
    // Whoever trusts it has it: a chain does not include its root.
    return authorityOf(workshop, { ...own, chain: Buffer.alloc(0) }, room.remove);
  } catch (error) {
    await room.remove();
    throw error;
  }
}

interface Workshop {
  readonly path: string;
  /** Names directories and serial numbers, so that issuers that work at the same time share nothing. */
  readonly counter: { last: number };
}

function authorityOf(
  workshop: Workshop,
  own: IssuedCertificate,
  remove: () => Promise<void>,
): CertificateAuthority {
  return {
    ...own,
    issue: async (request) => await issue(workshop, own, request),
    intermediate: async (request) => {
      const extensions = [...caExtensions, ...(request.extensions ?? [])];
      return authorityOf(workshop, await issue(workshop, own, { ...request, extensions }), remove);
    },
    revoke: async (revoked, expired = false) => await revocationList(workshop, own, revoked, expired),
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

/** @param issuer null: the certificate signs itself */
async function issue(
  workshop: Workshop,
  issuer: IssuedCertificate | null,
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  const { config, at, serial } = await scratch(workshop, []);
  const [certFile, keyFile, chainFile, csr] = [at("cert.pem"), at("key.pem"), at("chain.pem"), at("csr.pem")];
  await makeKey(request.key ?? "ec", keyFile);
  await chmod(keyFile, 0o600);
  const subject = ["-utf8", "-subj", request.subject || "/"];
  await openssl(["req", "-new", "-config", config, "-key", keyFile, ...subject, "-out", csr]);
  const lines = [
    "[ext]",
    ...(request.names === undefined ? [] : [`subjectAltName=${request.names}`]),
    ...(request.usage === undefined ? [] : [`extendedKeyUsage=${request.usage}`]),
    ...(request.extensions ?? []),
    "",
  ];
  await writeFile(at("ext.cnf"), lines.join("\n"));
  const signer =
    issuer === null
      ? ["-selfsign", "-keyfile", keyFile]
      : ["-cert", issuer.certFile, "-keyfile", issuer.keyFile];
  const [from, until] = dates[request.valid ?? "now"];
  const validity = ["-startdate", date(from), "-enddate", date(request.days ?? until)];
  const digest = ["-md", request.digest === null ? "null" : (request.digest ?? "sha256")];
  const signature = (request.signature ?? []).flatMap((option) => ["-sigopt", option]);
  const extension = ["-extfile", at("ext.cnf"), "-extensions", "ext"];
  const files = ["-in", csr, "-out", certFile];
  const how = [...signer, ...digest, ...signature, ...validity, ...extension, ...files];
  await openssl(["ca", "-batch", "-notext", "-preserveDN", "-config", config, ...how]);
  const cert = await readFile(certFile);
  const chain = Buffer.concat([cert, issuer?.chain ?? Buffer.alloc(0)]);
  await writeFile(chainFile, chain);
  return { cert, key: await readFile(keyFile), chain, certFile, keyFile, chainFile, serial };
}

async function revocationList(
  workshop: Workshop,
  issuer: IssuedCertificate,
  revoked: readonly IssuedCertificate[],
  expired: boolean,
): Promise<CertificateList> {
  const { config, at } = await scratch(workshop, revoked);
  const [from, until] = dates[expired ? "expired" : "now"];
  const [listFile, directory] = [at("list.pem"), at("lists")];
  const signer = ["-cert", issuer.certFile, "-keyfile", issuer.keyFile, "-md", "sha256"];
  const validity = ["-crl_lastupdate", date(from), "-crl_nextupdate", date(until)];
  await openssl(["ca", "-gencrl", "-config", config, ...signer, ...validity, "-out", listFile]);
  const list = await readFile(listFile);
  await mkdir(directory);
  const hash = (await openssl(["crl", "-hash", "-noout", "-in", listFile])).trim();
  await writeFile(join(directory, `${hash}.r0`), list);
  return { list, listFile, directory };
}

/** What `openssl ca` wants around it: its database has what is revoked. */
async function scratch(
  { path, counter }: Workshop,
  revoked: readonly IssuedCertificate[],
): Promise<{
  readonly config: string;
  readonly serial: string;
  readonly at: (name: string) => string;
}> {
  counter.last += 1;
  const serial = (0x1000 + counter.last).toString(16).toUpperCase();
  const room = join(path, String(counter.last));
  const at = (name: string): string => join(room, name);
  await mkdir(room);
  // Of the year two digits only.
  const entries = revoked.map(
    (one) => `R\t${date(1).slice(2)}\t${date(-1).slice(2)}\t${one.serial}\tunknown\t/CN=revoked\n`,
  );
  await writeFile(at("index"), entries.join(""));
  await writeFile(at("serial"), `${serial}\n`);
  await writeFile(at("crlnumber"), `${serial}\n`);
  const config = at("ca.cnf");
  const lines = [
    "[req]\ndistinguished_name=empty\nutf8=yes\nstring_mask=utf8only\n[empty]",
    "[ca]\ndefault_ca=own\n[own]\npolicy=empty\nunique_subject=no\nemail_in_dn=yes",
    `database=${at("index")}\nserial=${at("serial")}\ncrlnumber=${at("crlnumber")}\nnew_certs_dir=${room}`,
    "",
  ];
  await writeFile(config, lines.join("\n"));
  return { config, serial, at };
}

/** As openssl reads it: `20261129013000Z`, that many days from now. */
function date(days: number): string {
  const text = new Date(Date.now() + days * 86_400_000).toISOString();
  return `${text.slice(0, 19).replaceAll(/\D/g, "")}Z`;
}
