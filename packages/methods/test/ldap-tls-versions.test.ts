import { once } from "node:events";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import type { SecureContext, SecureVersion } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { certificateAuthority } from "@sallyport/testkit";
import type { CertificateAuthority, IssuedCertificate } from "@sallyport/testkit";
import { systemTrust } from "../src/index.ts";

let authority: CertificateAuthority;
let issued: IssuedCertificate;
beforeAll(async () => {
  authority = await certificateAuthority();
  issued = await authority.issue({ subject: "/CN=localhost", names: "DNS:localhost" });
});
afterAll(async () => {
  await authority?.remove();
});

const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls;
afterEach(() => {
  Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS });
});

/** As NODE_OPTIONS="--tls-min-v1.0 --tls-cipher-list=..." has it. */
function loosen(): void {
  Object.assign(tls, { DEFAULT_MIN_VERSION: "TLSv1", DEFAULT_CIPHERS: "DEFAULT@SECLEVEL=0" });
}

/** What a client with this context agrees on with a server of this version, or the code of its failure. */
async function agreed(secureContext: SecureContext, version: SecureVersion): Promise<string | null> {
  const { cert, key } = issued;
  const server = tls.createServer({
    cert,
    key,
    minVersion: version,
    maxVersion: version,
    ciphers: "DEFAULT@SECLEVEL=0",
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = tls.connect({ host: "127.0.0.1", port, servername: "localhost", secureContext });
  try {
    await once(client, "secureConnect");
    return client.getProtocol();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    client.destroy();
    server.close();
    await once(server, "close");
  }
}

async function contextOf(least?: string): Promise<SecureContext> {
  const variables = { LDAPNOINIT: "", LDAPTLS_CACERT: "ca.pem" };
  const more = least === undefined ? {} : { LDAPTLS_PROTOCOL_MIN: least };
  const bytes = authority.cert.toString("latin1");
  const read = async () => await Promise.resolve({ bytes });
  const trust = await systemTrust(read, new Map(Object.entries({ ...variables, ...more })))();
  if ("refused" in trust) throw new Error(trust.refused);
  return trust.context;
}

describe("whatever the options of Node say, LDAP over TLS", () => {
  test("a client that they loosen agrees on TLS 1.1", async () => {
    loosen();
    const { cert } = authority;
    expect(await agreed(tls.createSecureContext({ ca: [cert] }), "TLSv1.1")).toBe("TLSv1.1");
  });

  test.for([undefined, "3.0", "3.2", "3.3", "3.4"])("is not TLS 1.1: TLS_PROTOCOL_MIN %s", async (least) => {
    loosen();
    expect(await agreed(await contextOf(least), "TLSv1.1")).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
  });

  test("is TLS 1.2 where that is the least, and TLS 1.3 alone where that is", async () => {
    expect(await agreed(await contextOf("3.3"), "TLSv1.2")).toBe("TLSv1.2");
    expect(await agreed(await contextOf("3.4"), "TLSv1.2")).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
    expect(await agreed(await contextOf("3.4"), "TLSv1.3")).toBe("TLSv1.3");
  });
});
