import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { tlsServerEndPoint } from "./end-point.ts";

/** As much of a certificate as counts: an empty body, the algorithm, no signature. */
function certificate(algorithm: string): Buffer {
  return wrap(0x30, "3000", wrap(0x30, algorithm), "0301 00");
}

function wrap(tag: number, ...contents: readonly (string | Buffer)[]): Buffer {
  const parts = contents.map((each) =>
    typeof each === "string" ? Buffer.from(each.replaceAll(" ", ""), "hex") : each,
  );
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}

const rsa = (last: string): string => `06 09 2a 86 48 86 f7 0d 01 01 ${last}`;
const ecdsa = (last: string): string => `06 08 2a 86 48 ce 3d 04 03 ${last}`;
const nist = (last: string): string => `06 09 60 86 48 01 65 03 04 03 ${last}`;
const sha3 = (last: string): string => `06 09 60 86 48 01 65 03 04 02 ${last}`;

describe("the digest is that of the signature", () => {
  test.each([
    ["RSA with MD5, which becomes SHA-256", `${rsa("04")} 05 00`, "sha256"],
    ["RSA with SHA-1, which becomes SHA-256", `${rsa("05")} 05 00`, "sha256"],
    ["RSA with SHA-256", `${rsa("0b")} 05 00`, "sha256"],
    ["RSA with SHA-384", `${rsa("0c")} 05 00`, "sha384"],
    ["RSA with SHA-512", `${rsa("0d")} 05 00`, "sha512"],
    ["RSA with SHA-224", `${rsa("0e")} 05 00`, "sha224"],
    ["RSA with SHA-512/256", `${rsa("10")} 05 00`, "sha512-256"],
    ["RSA with SHA3-256", nist("0e"), "sha3-256"],
    ["ECDSA with SHA-224", ecdsa("01"), "sha224"],
    ["ECDSA with SHA-512", ecdsa("04"), "sha512"],
    ["ECDSA with SHA3-384", nist("0b"), "sha3-384"],
    ["RSA-PSS without parameters' hash: SHA-1, which becomes SHA-256", `${rsa("0a")} 30 00`, "sha256"],
    ["RSA-PSS, another parameter alone", `${rsa("0a")} 30 05 a2 03 02 01 20`, "sha256"],
    ["RSA-PSS with SHA-384", `${rsa("0a")} 30 11 a0 0f 30 0d ${sha3("02")} 05 00`, "sha384"],
    ["RSA-PSS with SHA3-256", `${rsa("0a")} 30 0f a0 0d 30 0b ${sha3("08")}`, "sha3-256"],
  ])("%s", (_, algorithm, digest) => {
    const der = certificate(algorithm);
    expect(tlsServerEndPoint(der)).toEqual(createHash(digest).update(der).digest());
  });
});

describe("nothing is bound to", () => {
  test.each([
    ["Ed25519", certificate("06 03 2b 65 70")],
    ["an algorithm that nobody knows", certificate("06 03 2a 03 04")],
    ["RSA-PSS with a hash that nobody knows", certificate(`${rsa("0a")} 30 09 a0 07 30 05 06 03 2a 03 04`)],
    ["RSA-PSS without parameters, which are not optional", certificate(rsa("0a"))],
    ["what is no certificate", Buffer.from("no certificate")],
    ["nothing at all", Buffer.alloc(0)],
  ])("%s", (_, der) => {
    expect(tlsServerEndPoint(der)).toBeNull();
  });
});
