import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateAuthority, openssl, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { CertificateAuthority, TempDirectory, TestPostgres } from "@sallyport/testkit";
import { readTls } from "../../src/tls/read-tls.ts";
import { TlsFault } from "../../src/tls/tls-fault.ts";
import { gateFiles } from "../gate.ts";

let authority: CertificateAuthority;
let server: TestPostgres;
let room: TempDirectory;
/** What both have in their directory, with its permissions. */
const files = new Map<string, readonly [contents: Buffer, mode: number]>();

beforeAll(async () => {
  authority = await certificateAuthority();
  [server, room] = [await startPostgres(), await tempDirectory()];
  const own = await authority.issue({ subject: "/CN=localhost", key: "rsa" });
  const other = await authority.issue({ subject: "/CN=localhost", key: "rsa" });
  const [encryptedFile, derFile] = [join(room.path, "encrypted"), join(room.path, "der")];
  const cipher = ["-aes256", "-passout", "pass:sesame"];
  await openssl(["pkey", "-in", own.keyFile, ...cipher, "-out", encryptedFile]);
  await openssl(["x509", "-in", own.certFile, "-outform", "DER", "-out", derFile]);
  const crl = await authority.revoke([other]);
  for (const [name, contents, mode = 0o600] of [
    ["own.crt", own.cert],
    ["own.key", own.key],
    ["other.key", other.key],
    ["open.key", own.key, 0o644],
    ["group.key", own.key, 0o640],
    ["encrypted.key", await readFile(encryptedFile)],
    ["own.der", await readFile(derFile)],
    ["root.crt", authority.cert],
    ["root.crl", crl.list],
    ["junk", Buffer.from("junk\n")],
    ["empty", Buffer.of()],
  ] as const)
    files.set(name, [contents, mode]);
  for (const [name, [contents, mode]] of files) {
    await server.writeFile(name, contents, mode);
    await writeFile(join(room.path, name), contents, { mode });
    await chmod(join(room.path, name), mode);
  }
  await mkdir(join(room.path, "base"));
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
  await authority?.remove();
});

type Values = Readonly<Record<string, string>>;

const good: Values = { ssl: "on", ssl_cert_file: "own.crt", ssl_key_file: "own.key" };

describe("what is wrong is said in PostgreSQL's words", () => {
  const cases: readonly Values[] = [
    { ssl_cert_file: "missing" },
    { ssl_cert_file: "junk" },
    { ssl_cert_file: "empty" },
    { ssl_cert_file: "own.der" },
    { ssl_cert_file: "own.key" },
    { ssl_key_file: "missing" },
    { ssl_key_file: "junk" },
    { ssl_key_file: "own.crt.missing" },
    { ssl_key_file: "base" },
    { ssl_key_file: "/dev/null" },
    { ssl_key_file: "open.key" },
    { ssl_key_file: "group.key" },
    { ssl_key_file: "other.key" },
    { ssl_key_file: "encrypted.key" },
    { ssl_key_file: "encrypted.key", ssl_passphrase_command: "echo sesame" },
    { ssl_min_protocol_version: "TLSv1.3", ssl_max_protocol_version: "TLSv1.2" },
    { ssl_tls13_ciphers: "NOSUCH" },
    { ssl_groups: "nosuch" },
    { ssl_groups: "" },
    { ssl_groups: "X25519:nosuch" },
    { ssl_ca_file: "missing" },
    { ssl_ca_file: "junk" },
    { ssl_ca_file: "empty" },
    { ssl_ca_file: "own.key" },
    { ssl_crl_file: "missing" },
    { ssl_crl_file: "junk" },
    { ssl_ca_file: "root.crt", ssl_crl_file: "empty" },
    { ssl_crl_file: "missing", ssl_crl_dir: "missing" },
  ];
  test.for(cases)("%j", async (values) => {
    const said = await faultOf({ ...good, ...values });
    expect(said).not.toBeNull();
    expect(said).toBe(await faultOfServer({ ...good, ...values }));
  });
});

describe("what a server takes is taken", () => {
  const cases: readonly Values[] = [
    {},
    { ssl_ca_file: "root.crt" },
    { ssl_ca_file: "root.crt", ssl_crl_file: "root.crl" },
    { ssl_ca_file: "root.crt", ssl_crl_dir: "missing" },
    { ssl_min_protocol_version: "TLSv1", ssl_max_protocol_version: "TLSv1.3" },
    { ssl_ciphers: "ECDHE+AESGCM:!aNULL", ssl_prefer_server_ciphers: "off" },
    { ssl_tls13_ciphers: "TLS_AES_128_GCM_SHA256" },
    { ssl_groups: "prime256v1" },
    {
      ssl_key_file: "encrypted.key",
      ssl_passphrase_command: "echo sesame",
      ssl_passphrase_command_supports_reload: "on",
    },
  ];
  test.for(cases)("%j", async (values) => {
    expect(await faultOf({ ...good, ...values })).toBeNull();
    expect(await faultOfServer({ ...good, ...values })).toBeNull();
  });
});

describe("at the start", () => {
  test("a passphrase is asked of its command, and is in no message", async () => {
    const encrypted = { ...good, ssl_key_file: "encrypted.key" };
    const asked = async (command: string): Promise<string | null> =>
      await faultOf({ ...encrypted, ssl_passphrase_command: command }, true);
    expect(await asked("printf sesame")).toBeNull();
    expect(await asked('test "%p" = "Enter PEM pass phrase:" && echo sesame')).toBeNull();
    expect(await asked("echo open%%")).toBe('could not load private key file "encrypted.key": bad decrypt');
    expect(await asked("echo open; exit 3")).toBe(
      "the command in ssl_passphrase_command failed\nIts exit status is 3.",
    );
    expect(await asked("echo %x")).toBe(
      'invalid value for parameter "ssl_passphrase_command"\nString contains unexpected placeholder "%x".',
    );
  });

  test("an encrypted key without a command is refused: nobody sits at a gateway", async () => {
    expect(await faultOf({ ...good, ssl_key_file: "encrypted.key" }, true)).toBe(
      'private key file "encrypted.key" requires a passphrase\nSet ssl_passphrase_command.',
    );
  });

  test("suites of no known cipher are refused", async () => {
    const noList = "could not set the cipher list (no valid ciphers available)";
    for (const ssl_ciphers of ["NOSUCH", "", "TLS_AES_128_GCM_SHA256"])
      expect(await faultOf({ ...good, ssl_ciphers }, true)).toBe(noList);
  });

  test("parameters for Diffie-Hellman are read, or are a fault", async () => {
    expect(await faultOf({ ...good, ssl_dh_params_file: "missing" })).toBe(
      'could not open DH parameters file "missing": No such file or directory',
    );
    expect(await faultOf({ ...good, ssl_dh_params_file: "junk" })).toBe(
      "could not load DH parameters file: no start line",
    );
  });
});

/** Message, DETAIL and HINT, a line each. Null: there is none. */
async function faultOf(values: Values, atStart = false): Promise<string | null> {
  await using directory = await tempDirectory();
  const conf = Object.entries(values)
    .map(([name, value]) => `${name} = '${isName(name, value) ? join(room.path, value) : value}'\n`)
    .join("");
  const least = "upstream = 'host=/nowhere'\nupstream_auth = service\n";
  const { settings } = await gateFiles(directory.path, { hba: "local all all trust\n", conf: least + conf });
  try {
    await readTls(settings, { atStart, uid: process.geteuid?.() ?? 0 });
    return null;
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error;
    const { message, detail, hint } = error;
    const lines = [message, detail, hint].filter((line) => line !== undefined);
    return lines.join("\n").replaceAll(`${room.path}/`, "");
  }
}

function isName(name: string, value: string): boolean {
  return /_file$|_dir$/.test(name) && value !== "" && !value.startsWith("/");
}

/** The same of a server that is told to reload. */
async function faultOfServer(values: Values): Promise<string | null> {
  const lines = Object.entries({ ...values, log_line_prefix: "" }).map(
    ([name, value]) => `${name} = '${value}'\n`,
  );
  await server.writeFile("postgresql.auto.conf", lines.join(""));
  const log = await server.reload();
  const entries = log.split(/^(?=LOG:)/m);
  const at = entries.findIndex((entry) => entry.includes("SSL configuration was not reloaded"));
  if (at < 0) return null;
  return (entries[at - 1] ?? "").trimEnd().replaceAll(/^[A-Z]+: {2}/gm, "");
}
