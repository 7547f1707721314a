import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateAuthority } from "@sallyport/testkit";
import type { CommandResult, IssuedCertificate, KeyKind } from "@sallyport/testkit";
import { libpq15, libpq18 } from "../clients/libpq.ts";
import { startTlsTwins } from "./twins.ts";
import type { TlsTwins } from "./twins.ts";

const statements = ["set password_encryption = 'md5'", "create role hashed login password 'hashed-secret'"];
const hba = `host all app 127.0.0.1/32 scram-sha-256
host all hashed 127.0.0.1/32 md5
host all postgres 127.0.0.1/32 password
`;

interface Kind {
  /** Of the key that signs. */
  readonly signer?: KeyKind;
  readonly digest?: string | null;
  readonly signature?: readonly string[];
}

const kinds: Record<string, Kind> = {
  "ECDSA and SHA-256": {},
  "RSA and SHA-384": { signer: "rsa", digest: "sha384" },
  "RSA-PSS and SHA-512": { signer: "rsa", digest: "sha512", signature: ["rsa_padding_mode:pss"] },
};

async function signedBy({ signer = "ec", ...how }: Kind): Promise<IssuedCertificate> {
  const subject = "/CN=Sallyport test root";
  const own = signer === "ed25519" ? { digest: null } : {};
  await using authority = await certificateAuthority({ subject, key: signer, ...own });
  return await authority.issue({ subject: "/CN=localhost", ...how });
}

describe.for(Object.entries(kinds))("a certificate that is signed with %s", ([, kind]) => {
  let twins: TlsTwins;

  beforeAll(async () => {
    twins = await startTlsTwins({ hba, statements, certificate: await signedBy(kind) });
  });

  afterAll(async () => {
    await twins?.[Symbol.asyncDispose]();
  });

  describe.for([libpq15, libpq18])("$name", (libpq) => {
    test.for(["disable", "prefer", "require"])(
      "binds, or does not, as with PostgreSQL: %s",
      async (binding) => {
        for (const user of ["app", "hashed"]) {
          const conninfo = `sslmode=require channel_binding=${binding} user=${user} password=${user}-secret`;
          const { gate, postgres } = await twins.knock(libpq, conninfo, ["-c", "select current_user"]);
          expect({ user, ...said(gate) }).toEqual({ user, ...said(postgres) });
          const isIn = user === "app" || binding !== "require";
          expect(said(gate)).toMatchObject(isIn ? { status: 0, stdout: `${user}\n` } : { status: 2 });
        }
      },
    );
  });
});

test("a certificate whose signature has no digest is nothing to bind to, and nobody is kept out by it", async () => {
  const certificate = await signedBy({ signer: "ed25519", digest: null });
  await using twins = await startTlsTwins({ hba, statements, certificate });
  const as = (binding: string): string =>
    `sslmode=require channel_binding=${binding} user=app password=app-secret`;
  const preferred = await twins.knock(libpq18, as("prefer"));
  // PostgreSQL offers it all the same, and libpq then gives up.
  expect([preferred.gate.status, preferred.postgres.status]).toEqual([0, 2]);
  const required = await twins.knock(libpq18, as("require"));
  expect([required.gate.status, required.postgres.status]).toEqual([2, 2]);
});

function said({ status, stdout, stderr }: CommandResult): object {
  return { status, stdout, stderr: stderr.replaceAll(/port \d+/g, "port N") };
}
