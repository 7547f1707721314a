import { X509Certificate } from "node:crypto";
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { certificateAuthority, openssl, startPostgres } from "../src/index.ts";
import type { CertificateAuthority } from "../src/index.ts";

let ca: CertificateAuthority;
beforeAll(async () => {
  ca = await certificateAuthority();
});
afterAll(async () => {
  await ca?.remove();
});

const certificate = ({ cert }: { readonly cert: Buffer }): X509Certificate => new X509Certificate(cert);

test("a certificate has the names that were asked for, and its authority's signature", async () => {
  const issued = await ca.issue({ subject: "/O=é/CN=a+OU=b", names: "DNS:localhost", usage: "serverAuth" });
  const x509 = certificate(issued);
  expect(x509.verify(certificate(ca).publicKey)).toBe(true);
  expect(x509).toMatchObject({ subjectAltName: "DNS:localhost", serialNumber: issued.serial });
  expect(x509.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  const subject = await openssl([
    "x509",
    "-in",
    issued.certFile,
    "-noout",
    "-subject",
    "-nameopt",
    "RFC2253",
  ]);
  expect(subject).toBe("subject=OU=b+CN=a,O=\\C3\\A9\n");
});

test.each([
  ["now", true, true],
  ["expired", true, false],
  ["not yet", false, true],
] as const)(
  "a certificate that is valid %s has begun: %s, has not ended: %s",
  async (valid, begun, goesOn) => {
    const x509 = certificate(await ca.issue({ subject: "/CN=a", valid }));
    expect(Date.parse(x509.validFrom) < Date.now()).toBe(begun);
    expect(Date.parse(x509.validTo) > Date.now()).toBe(goesOn);
  },
);

test("many are issued at a time, each with its own number and chain", async () => {
  const middle = await ca.intermediate({ subject: "/CN=middle" });
  const all = await Promise.all(
    ["a", "b", "c"].map(async (name) => await middle.issue({ subject: `/CN=${name}` })),
  );
  expect(new Set(all.map(({ serial }) => serial)).size).toBe(3);
  expect(all.every(({ cert, chain }) => chain.equals(Buffer.concat([cert, middle.cert])))).toBe(true);
});

test("a list has what is revoked, in a directory by the name that OpenSSL looks for", async () => {
  const [one, other] = [await ca.issue({ subject: "/CN=a" }), await ca.issue({ subject: "/CN=b" })];
  const { directory, listFile } = await ca.revoke([one]);
  const [name] = await readdir(directory);
  expect(name).toMatch(/^[0-9a-f]{8}\.r0$/);
  const verify = ["verify", "-CAfile", ca.certFile, "-CRLfile", listFile, "-crl_check"];
  await expect(openssl([...verify, one.certFile])).rejects.toThrow("certificate revoked");
  expect(await openssl([...verify, other.certFile])).toContain("OK");
});

test("a server runs with certificates of ours, and asks for those of clients", async () => {
  const [own, client] = [
    await ca.issue({ subject: "/CN=localhost", names: "IP:127.0.0.1" }),
    await ca.issue({ subject: "/CN=postgres" }),
  ];
  await using server = await startPostgres({
    tcp: true,
    ssl: { chain: own.chain, key: own.key, ca: ca.cert, crl: (await ca.revoke([])).list },
    hba: "hostssl all all all cert\n",
  });
  const conninfo = `host=127.0.0.1 sslmode=verify-full sslrootcert=${ca.certFile}`;
  const query = [
    "-c",
    "select ssl_is_used from (select ssl as ssl_is_used from pg_stat_ssl where pid = pg_backend_pid())",
  ];
  const withKey = `${conninfo} sslcert=${client.certFile} sslkey=${client.keyFile}`;
  expect(await server.psql(["-d", withKey, ...query])).toMatchObject({ stdout: "t\n" });
  expect((await server.psql(["-d", conninfo, ...query])).stderr).toContain(
    "connection requires a valid client certificate",
  );
});
