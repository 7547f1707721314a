/** SCRAM-SHA-256-PLUS against PostgreSQL 18, and refused downgrades; libpq 18 is asked the same. */
import { certificateAuthority, isInstalled, serverBuilds, startPostgres } from "@sallyport/testkit";
import type { CertificateAuthority, CertificateRequest, TestPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeAuthentication } from "../../src/index.ts";
import { ready } from "../fake-servers.ts";
import { libpqWords, ourWords } from "./both.ts";
import { encrypts, tlsServer } from "./servers.ts";

const HBA = `
local all all trust
hostssl all scram all scram-sha-256
hostssl all hashed all md5
hostssl all plain all password
hostnossl all scram all scram-sha-256
host all all all trust
`;

let ca: CertificateAuthority;
let rsa: CertificateAuthority;
let server: TestPostgres;
beforeAll(async () => {
  [ca, rsa] = await Promise.all([
    certificateAuthority(),
    certificateAuthority({ subject: "/CN=rsa", key: "rsa" }),
  ]);
  const { chain, key } = await ca.issue({ subject: "/CN=localhost" });
  server = await startPostgres({ tcp: true, hba: HBA, ssl: { chain, key } });
  await server.psql([
    "-c",
    "create role scram login password 'pw'; create role plain login password 'pw'; set password_encryption = md5; create role hashed login password 'pw'",
  ]);
});
afterAll(async () => {
  await server?.stop();
  await Promise.all([ca?.remove(), rsa?.remove()]);
});

const conninfo = (options: string): string =>
  `host=127.0.0.1 port=${server.port} dbname=postgres gssencmode=disable password=pw ${options}`;

describe("ends as in libpq, and in its words", () => {
  const roles = ["scram", "hashed", "plain", "postgres"];
  const bindings = ["disable", "prefer", "require"];
  const cases = roles.flatMap((user) =>
    bindings.flatMap((binding) =>
      ["sslmode=require", "sslmode=disable"].map((mode) => `user=${user} channel_binding=${binding} ${mode}`),
    ),
  );
  const required = [
    "user=scram channel_binding=require sslmode=require require_auth=scram-sha-256",
    "user=plain channel_binding=require sslmode=require require_auth=!password",
    "user=postgres channel_binding=require sslmode=require require_auth=scram-sha-256",
  ];
  test.each([...cases, ...required])("%s", async (options) => {
    const text = conninfo(options);
    const [ours, theirs] = [await ourWords(text), await libpqWords(text)];
    // Of two things that are wrong libpq says both.
    expect(theirs.split("\n")).toContain(ours);
  });
});

test.each(
  serverBuilds.filter((build) => build.major >= 11 && isInstalled(build)).map((build) => [build] as const),
)("binds to every server that there is: $major, $build", async ({ major, build }) => {
  const { chain, key } = await ca.issue({ subject: "/CN=localhost" });
  await using old = await startPostgres({
    major,
    build,
    tcp: true,
    hba: HBA,
    ssl: { chain, key },
    settings: { password_encryption: "scram-sha-256" },
  });
  await old.psql(["-c", "create role scram login password 'pw'"]);
  const at = `host=127.0.0.1 port=${old.port} dbname=postgres user=scram password=pw`;
  expect(await ourWords(`${at} channel_binding=require sslmode=require`)).toBe("");
  expect(await ourWords(`${at} channel_binding=disable sslmode=require`)).toBe("");
});

describe("the certificate's own digest", () => {
  test.each<[string, () => CertificateAuthority, Partial<CertificateRequest>]>([
    ["RSA with SHA-1", () => rsa, { digest: "sha1" }],
    ["RSA with SHA-224", () => rsa, { digest: "sha224" }],
    ["RSA with SHA-256", () => rsa, { digest: "sha256" }],
    ["RSA with SHA-384", () => rsa, { digest: "sha384" }],
    ["RSA with SHA-512", () => rsa, { digest: "sha512" }],
    ["RSA-PSS with SHA-256", () => rsa, { digest: "sha256", signature: ["rsa_padding_mode:pss"] }],
    ["RSA-PSS with SHA-384", () => rsa, { digest: "sha384", signature: ["rsa_padding_mode:pss"] }],
    ["ECDSA with SHA-384", () => ca, { digest: "sha384" }],
    ["ECDSA with SHA-512", () => ca, { digest: "sha512" }],
    ["ECDSA with SHA-1", () => ca, { digest: "sha1" }],
  ])("%s", async (_, authority, how) => {
    const { chain, key } = await authority().issue({ subject: "/CN=localhost", ...how });
    await server.writeFile("server.crt", chain);
    await server.writeFile("server.key", key);
    await server.reload();
    const text = conninfo("user=scram channel_binding=require sslmode=require");
    expect([await ourWords(text), await libpqWords(text)]).toEqual(["", ""]);
  });

  test("Ed25519 has none: only without a binding there is a way in", async () => {
    await using ed = await certificateAuthority({ subject: "/CN=localhost", key: "ed25519", digest: null });
    await server.writeFile("server.crt", ed.cert);
    await server.writeFile("server.key", ed.key);
    await server.reload();
    for (const binding of ["prefer", "require", "disable"]) {
      const text = conninfo(`user=scram channel_binding=${binding} sslmode=require`);
      expect(await ourWords(text)).toBe(await libpqWords(text));
    }
  });
});

describe("what somebody in between might do", () => {
  const sasl = (...mechanisms: string[]): Buffer => encodeAuthentication({ kind: "sasl", mechanisms });
  const clear = encodeAuthentication({ kind: "cleartext_password" });

  /** What is said in TLS after the startup packet, and what our client sends to that. */
  async function meet(
    bytes: Buffer,
    options: string,
  ): Promise<{ words: string; theirs: string; heard: string }> {
    const { cert, key } = await ca.issue({ subject: "/CN=localhost" });
    const heard: Buffer[] = [];
    await using fake = await tlsServer(
      encrypts({ cert, key }, (socket) => {
        socket.on("data", (more: Buffer) => {
          heard.push(more);
          socket.end();
        });
        socket.write(bytes);
      }),
    );
    const text = `${fake.conninfo} password=hunter2 sslmode=require ${options}`;
    const theirs = await libpqWords(text);
    heard.splice(0);
    const words = await ourWords(text);
    return { words, theirs, heard: Buffer.concat(heard).toString("latin1") };
  }

  test.each([
    ["takes the binding away", sasl("SCRAM-SHA-256")],
    ["asks for the password in clear", clear],
    ["lets us in without a word", ready()],
    ["offers nothing", sasl()],
    ["offers what nobody knows", sasl("SCRAM-SHA-512-PLUS")],
  ])("a server that %s hears nothing of us under channel_binding=require", async (_, bytes) => {
    const { words, theirs, heard } = await meet(bytes, "channel_binding=require");
    expect([heard, words]).toEqual(["", theirs]);
  });

  test.each([
    ["", "p=tls-server-end-point,,n=,r=", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]],
    ["", "y,,n=,r=", ["SCRAM-SHA-256"]],
    ["channel_binding=disable", "n,,n=,r=", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]],
  ])("with %j we begin by %j if it offers %j", async (options, begins, mechanisms) => {
    expect((await meet(sasl(...mechanisms), options)).heard).toContain(begins);
  });

  test("PLUS without TLS is a lie", async () => {
    await using fake = await tlsServer((socket) => {
      socket.once("data", () => socket.write(sasl("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")));
    });
    const text = `${fake.conninfo} password=hunter2 sslmode=disable`;
    const words = "server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection";
    expect([await ourWords(text), await libpqWords(text)]).toEqual([words, words]);
  });
});
