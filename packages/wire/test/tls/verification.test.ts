/** Whom we take for the server: each case is put to libpq 15 and 18, too, and must end as there. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateAuthority, openssl, startPostgres, tempDirectory } from "@sallyport/testkit";
import type {
  CertificateAuthority,
  IssuedCertificate,
  TempDirectory,
  TestPostgres,
} from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { libpqWords, openOurs, ourWords } from "./both.ts";

let ca: CertificateAuthority;
let other: CertificateAuthority;
let own: IssuedCertificate;
let client: IssuedCertificate;
let stranger: IssuedCertificate;
let room: TempDirectory;
let server: TestPostgres;

const HBA = `
local all all trust
hostssl all certified all cert
hostssl all verified all trust clientcert=verify-ca
hostssl all all all trust
`;

beforeAll(async () => {
  [ca, other, room] = await Promise.all([
    certificateAuthority(),
    certificateAuthority({ subject: "/CN=another root" }),
    tempDirectory(),
  ]);
  own = await ca.issue({
    subject: "/CN=elsewhere.example",
    names: "DNS:db.example,DNS:*.wild.example,IP:10.0.0.1",
  });
  client = await ca.issue({ subject: "/CN=certified" });
  stranger = await other.issue({ subject: "/CN=certified" });
  const tls = { chain: own.chain, key: own.key, ca: ca.cert };
  server = await startPostgres({ tcp: true, hba: HBA, ssl: tls });
  await server.psql(["-c", "create role certified login", "-c", "create role verified login"]);
  await fill();
});
afterAll(async () => {
  await server?.stop();
  await Promise.all([ca?.remove(), other?.remove(), room?.remove()]);
});

const at = (name: string): string => join(room.path, name);

async function fill(): Promise<void> {
  const write = async (name: string, contents: Uint8Array | string, mode = 0o600): Promise<void> => {
    await writeFile(at(name), contents);
    await chmod(at(name), mode);
  };
  const [none, revoked] = [await ca.revoke([]), await ca.revoke([own])];
  const late = await ca.revoke([], true);
  await write("root", ca.cert);
  await write("other", other.cert);
  await write("both", Buffer.concat([other.cert, ca.cert]));
  await write("junk", "no certificate\n");
  await write("empty-list", none.list);
  await write("own-revoked", revoked.list);
  await write("late-list", late.list);
  await write("two-lists", Buffer.concat([(await other.revoke([])).list, revoked.list]));
  await write("client", client.cert);
  await write("client-key", client.key);
  await write("open-key", client.key, 0o644);
  await write("group-key", client.key, 0o640);
  await write("stranger", stranger.cert);
  await write("stranger-key", stranger.key);
  await openssl(["pkey", "-in", client.keyFile, "-outform", "DER", "-out", at("der-key")]);
  await openssl(["ec", "-in", client.keyFile, "-outform", "DER", "-out", at("sec1-der-key")]);
  const locked = ["-aes256", "-passout", "pass:key secret"];
  await openssl(["pkey", "-in", client.keyFile, ...locked, "-out", at("locked-key")]);
  for (const name of ["der-key", "sec1-der-key", "locked-key"]) await chmod(at(name), 0o600);
  for (const name of ["empty", "revoked-dir", "list-dir", "home"]) await mkdir(at(name));
  await mkdir(at("home/.postgresql"));
  const hash = (await openssl(["crl", "-hash", "-noout", "-in", none.listFile])).trim();
  await write(`list-dir/${hash}.r0`, none.list);
  await write(`list-dir/README`, "not read");
  await write(`revoked-dir/${hash}.r0`, revoked.list);
  await write("home/.postgresql/root.crt", ca.cert);
  await write("home/.postgresql/postgresql.crt", client.cert);
  await write("home/.postgresql/postgresql.key", client.key);
}

/** `@name` is a file of the room. */
function conninfo(options: string): string {
  const tcp = `host=127.0.0.1 port=${server.port} user=postgres dbname=postgres gssencmode=disable`;
  return `${tcp} ${options.replaceAll(/@([\w/.-]+)/g, (_, name: string) => at(name))}`;
}

const certificate = "sslcert=@client sslkey=@client-key";
const verifyCa = "sslmode=verify-ca sslrootcert=@root";

describe("ends as in libpq, and in its words", () => {
  test.each([
    "sslmode=require",
    "sslmode=prefer",
    "sslmode=allow",
    "sslmode=disable",
    verifyCa,
    "sslmode=verify-ca sslrootcert=@both",
    "sslmode=verify-ca sslrootcert=@other",
    "sslmode=require sslrootcert=@other",
    "sslmode=require sslrootcert=@root",
    "sslmode=verify-ca",
    "sslmode=verify-ca sslrootcert=@nothing",
    "sslmode=verify-full sslrootcert=@nothing",
    "sslmode=verify-ca sslrootcert=@junk",
    "sslmode=verify-full sslrootcert=@root",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=db.example",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=DB.Example",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=a.wild.example",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=a.b.wild.example",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=wild.example",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=10.0.0.1",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=10.1",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=10.0.0.2",
    "sslmode=verify-full sslrootcert=@root hostaddr=127.0.0.1 host=elsewhere.example",
    `${verifyCa} sslcrl=@empty-list`,
    `${verifyCa} sslcrl=@own-revoked`,
    `${verifyCa} sslcrl=@late-list`,
    `${verifyCa} sslcrl=@two-lists`,
    `${verifyCa} sslcrldir=@list-dir`,
    `${verifyCa} sslcrldir=@revoked-dir`,
    `${verifyCa} sslcrldir=@empty`,
    `${verifyCa} sslcrl=@empty-list sslcrldir=@empty`,
    "sslmode=require sslcrl=@own-revoked",
    `sslmode=require ${certificate}`,
    `sslmode=require user=certified ${certificate}`,
    "sslmode=require user=certified",
    `sslmode=require user=verified ${certificate}`,
    "sslmode=require user=verified",
    "sslmode=require user=certified sslcert=@client sslkey=@der-key",
    "sslmode=require user=certified sslcert=@client sslkey=@sec1-der-key",
    "sslmode=require user=certified sslcert=@client sslkey=@locked-key sslpassword='key secret'",
    "sslmode=require sslcert=@client sslkey=@open-key",
    "sslmode=require sslcert=@client sslkey=@nothing",
    "sslmode=require sslcert=@client sslkey=@empty",
    "sslmode=require sslcert=@client",
    "sslmode=require sslcert=@nothing sslkey=@nothing",
    "sslmode=require sslcert=@junk/nothing",
    "ssl_min_protocol_version=tlsv1.3 sslmode=require",
    "ssl_min_protocol_version='' sslmode=require",
    "channel_binding=disable",
    "channel_binding=require sslmode=require",
  ])("%s", async (options) => {
    const text = conninfo(options);
    const theirs = [await libpqWords(text, 15), await libpqWords(text, 18)];
    const ours = await ourWords(text);
    expect(theirs.map((words) => words.split("\n").slice(0, 1))).toContainEqual(ours.split("\n").slice(0, 1));
    expect(theirs.at(-1)).toBe(ours);
  });

  test.each([
    "sslmode=''",
    "sslmode=bogus",
    "sslnegotiation=''",
    "sslnegotiation=bogus",
    "sslnegotiation=direct",
    "sslnegotiation=direct sslmode=allow",
    "sslnegotiation=direct sslmode=require",
    "sslcertmode=''",
    "sslcertmode=bogus",
    "sslcertmode=require sslmode=require",
    `sslcertmode=require sslmode=require ${certificate}`,
    "sslcertmode=disable sslmode=require sslcert=@client sslkey=@open-key",
    "channel_binding=''",
    "channel_binding=bogus",
    "ssl_min_protocol_version=TLSv9",
    "ssl_max_protocol_version=x",
    "ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
    "sslrootcert=system sslmode=require",
    "sslrootcert=system",
  ])("of libpq 18: %s", async (options) => {
    const text = conninfo(options);
    expect(await ourWords(text)).toBe(await libpqWords(text, 18));
  });

  test.each([
    "sslmode=verify-ca",
    "user=certified sslmode=require",
    "user=certified sslmode=require sslcertmode=disable",
    "sslmode=verify-full",
  ])("with files in the home directory: %s", async (options) => {
    const text = conninfo(options);
    expect(await ourWords(text, { home: at("home") })).toBe(await libpqWords(text, 18, at("home")));
  });

  test("on a Unix socket there is no TLS, whatever is asked for", async () => {
    for (const options of [
      "sslmode=verify-full",
      "sslmode=require sslnegotiation=direct",
      "channel_binding=require",
    ]) {
      const text = conninfo(options).replace("127.0.0.1", server.socketDirectory);
      expect(await ourWords(text)).toBe(await libpqWords(text, 18));
    }
  });
});

describe("is stricter than libpq", () => {
  test.each([
    [
      "a root file that is named must be there",
      "sslmode=require sslrootcert=@nothing",
      'root certificate file "@nothing" does not exist',
    ],
    [
      "and a list of what is revoked",
      `${verifyCa} sslcrl=@nothing`,
      'certificate revocation list file "@nothing" does not exist',
    ],
    [
      "and have a list in it",
      `${verifyCa} sslcrl=@junk`,
      'could not read certificate revocation list file "@junk": no certificate or crl found',
    ],
    [
      "and a directory of lists",
      `${verifyCa} sslcrldir=@nothing`,
      'could not open certificate revocation list directory "@nothing": no such file or directory',
    ],
  ])("%s", async (_, options, reason) => {
    const words = await ourWords(conninfo(options));
    expect(words.split("\n")[0]).toBe(reason.replace("@", `${room.path}/`));
  });

  test("a key with a password that is wrong, or missing, is a failure and not a question", async () => {
    for (const password of ["", "sslpassword=wrong"]) {
      const words = await ourWords(
        conninfo(`sslmode=require sslcert=@client sslkey=@locked-key ${password}`),
      );
      expect(words).toContain(`could not load private key file "${at("locked-key")}": `);
      expect(words).not.toContain("wrong");
    }
  });

  test("a key of another certificate is told from one that cannot be read", async () => {
    expect(await ourWords(conninfo("sslmode=require sslcert=@client sslkey=@stranger-key"))).toBe(
      `certificate does not match private key file "${at("stranger-key")}": key values mismatch`,
    );
  });

  test.each(["TLSv1.2", "TLSv1.3"])(
    "a server that does not take our certificate says so: %s",
    async (version) => {
      const text = conninfo(
        `sslmode=require sslcert=@stranger sslkey=@stranger-key ssl_max_protocol_version=${version}`,
      );
      const words = "SSL error: tlsv1 alert unknown ca";
      expect(await libpqWords(text)).toContain(words);
      expect(await ourWords(text)).toContain(words);
    },
  );

  test("the log says what is wrong with a certificate", async () => {
    await expect(openOurs(conninfo("sslmode=verify-ca sslrootcert=@other"))).rejects.toMatchObject({
      code: "tls_failed",
      message: `connection to server at "127.0.0.1", port ${server.port} failed: SSL error: certificate verify failed: self-signed certificate in certificate chain`,
    });
  });
});

describe("sslrootcert=system", () => {
  test.each([
    ["host=db.example", "root"],
    ["host=elsewhere.example", "root"],
    ["host=db.example", "other"],
  ])("trusts the bundle of SSL_CERT_FILE, and holds the server to its name: %s, %s", async (host, bundle) => {
    const text = conninfo(`sslrootcert=system hostaddr=127.0.0.1 ${host}`);
    const environment = { SSL_CERT_FILE: at(bundle) };
    expect(await ourWords(text, { environment })).toBe(
      await libpqWords(text, 18, "/nonexistent", environment),
    );
  });

  test("without a bundle trusts nobody", async () => {
    const environment = { SSL_CERT_FILE: at("nothing") };
    expect(await ourWords(conninfo("sslrootcert=system"), { environment })).toContain(
      "could not load system root certificate paths",
    );
  });
});

test("only an address is no name", async () => {
  const text = conninfo("sslmode=verify-full sslrootcert=@root").replace(
    "host=127.0.0.1",
    "hostaddr=127.0.0.1",
  );
  const words = "host name must be specified for a verified SSL connection";
  expect([await ourWords(text), await libpqWords(text)]).toEqual([words, words]);
});

test("a session in TLS is a session: encrypted on the server's side, and free of listeners on ours", async () => {
  const session = await openOurs(conninfo("sslmode=require application_name=tls"));
  const { stdout } = await server.psql([
    "-c",
    "select ssl, version from pg_stat_ssl natural join pg_stat_activity where application_name = 'tls'",
  ]);
  expect(stdout).toBe("t|TLSv1.3\n");
  expect(["readable", "data"].map((event) => session.stream.listenerCount(event))).toEqual([0, 0]);
  expect(session.stream.listenerCount("error")).toBeGreaterThan(0);
  session.stream.destroy();
});
