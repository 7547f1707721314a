import { chmod } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { certificateAuthority } from "@sallyport/testkit";
import type { IssuedCertificate } from "@sallyport/testkit";
import { checkRoom } from "./check-room.ts";

const { findings, makeGate } = checkRoom();

type IssuedFiles = Pick<IssuedCertificate, "certFile" | "keyFile">;

describe("TLS with the clients", () => {
  const tls = (directory: string, files: IssuedFiles): string =>
    `ssl = on\nssl_cert_file = '${files.certFile}'\nssl_key_file = '${files.keyFile}'\n${directory}`;

  test("nothing is found where all is well", async () => {
    await using authority = await certificateAuthority();
    const certificate = await authority.issue({ subject: "/CN=localhost", days: 90 });
    const conf = tls(`ssl_ca_file = '${authority.certFile}'`, certificate);
    const text =
      "hostssl all all all scram-sha-256 clientcert=verify-full\nhostssl all all all cert map=os\n";
    expect(await findings(await makeGate({ conf, hba: text }))).toEqual([]);
  });

  test("tls-refused: a file that cannot be used", async () => {
    await using authority = await certificateAuthority();
    const [one, other] = [
      await authority.issue({ subject: "/CN=localhost" }),
      await authority.issue({ subject: "/CN=localhost" }),
    ];
    const conf = tls("", { certFile: one.certFile, keyFile: other.keyFile });
    expect(await findings(await makeGate({ conf }))).toEqual([
      `tls-refused could not load private key file "${other.keyFile}": key values mismatch`,
    ]);
    await chmod(one.keyFile, 0o644);
    expect(await findings(await makeGate({ conf: tls("", one) }))).toEqual([
      `tls-refused private key file "${one.keyFile}" has group or world access`,
    ]);
  });

  test("tls-certificate: one that is out of date, or soon will be", async () => {
    await using authority = await certificateAuthority();
    const found: string[] = [];
    for (const valid of ["now", "expired", "not yet"] as const) {
      const certificate = await authority.issue({ subject: "/CN=localhost", valid });
      found.push(...(await findings(await makeGate({ conf: tls("", certificate) }))));
    }
    const said = found.map((one) => one.replaceAll(/"[^"]+"/g, "FILE").replaceAll(/\d+-\d+-\d+/g, "DATE"));
    expect(said).toEqual([
      "tls-certificate the certificate in FILE expires on DATE",
      "tls-certificate the certificate in FILE has expired on DATE",
      "tls-certificate the certificate in FILE is not valid before DATE",
    ]);
  });

  test("no-authority: lines that ask for certificates that nobody can check", async () => {
    await using authority = await certificateAuthority();
    const certificate = await authority.issue({ subject: "/CN=localhost", days: 90 });
    const text = "hostssl all all all cert\nhostssl all all all trust clientcert=verify-ca\n";
    const message = "client certificates can only be checked if a root certificate store is available";
    expect(await findings(await makeGate({ conf: tls("", certificate), hba: text }))).toEqual([
      `no-authority 1:21 ${message}`,
      `no-authority 2:21 ${message}`,
    ]);
  });
});
