import { once } from "node:events";
import { copyFile, readFile, rm } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { certificateAuthority } from "@sallyport/testkit";
import type { CertificateAuthority, IssuedCertificate } from "@sallyport/testkit";
import { encodeSslRequest } from "@sallyport/wire";
import { gateHouse } from "./running-gate.ts";
import type { Gate, GateHouse } from "./running-gate.ts";

let house: GateHouse;
let authority: CertificateAuthority;

beforeAll(async () => {
  [house, authority] = await Promise.all([gateHouse(), certificateAuthority()]);
});

afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await authority?.remove();
});

const conf = "ssl = on\nssl_ca_file = 'root.crt'\n";
const hba = "hostssl all all 127.0.0.1/32 trust\n";

async function certificate(name: string): Promise<IssuedCertificate> {
  return await authority.issue({ subject: `/CN=${name}`, names: "IP:127.0.0.1" });
}

async function install(gate: Gate, { chainFile, keyFile }: IssuedCertificate): Promise<void> {
  await copyFile(chainFile, join(gate.directory, "server.crt"));
  await copyFile(keyFile, join(gate.directory, "server.key"));
  await copyFile(authority.certFile, join(gate.directory, "root.crt"));
}

/** The common name in the certificate that clients are shown; null: they are told that there is no TLS. */
async function shown({ port }: Gate): Promise<string | null> {
  const socket = connectTcp({ host: "127.0.0.1", port });
  socket.write(encodeSslRequest());
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (answer.toString() === "N") {
    socket.destroy();
    return null;
  }
  const secured = connectTls({ socket, ca: authority.cert, checkServerIdentity: () => undefined });
  await once(secured, "secureConnect");
  const { CN } = secured.getPeerCertificate().subject;
  secured.destroy();
  return String(CN);
}

test("a reload shows new clients the new certificate, and those who are in stay in", async () => {
  const gate = await house.makeGate("renewed", { hba, conf });
  await install(gate, await certificate("old"));
  await using running = await gate.serve();
  expect(running.output()).toContain("ready to accept connections");
  const session = await gate.session();
  expect(await shown(gate)).toBe("old");
  await install(gate, await certificate("new"));
  expect(await shown(gate)).toBe("old");
  expect(await gate.command("reload")).toMatchObject({ status: 0, stderr: "" });
  expect(await shown(gate)).toBe("new");
  expect((await session.query("select 1")).rows).toEqual([["1"]]);
  const { document } = await gate.json("status", "--sessions");
  const ssl = { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256, client_dn: null };
  expect(document).toMatchObject({ sessions: [{ user: "app", ssl }] });
  expect((await gate.command("status", "--sessions")).stdout).toMatch(/ app .* TLSv1\.3 /);
  await session.close();
});

test("a reload that finds something wrong keeps the TLS that there is, and says what", async () => {
  const gate = await house.makeGate("broken", { hba, conf });
  await install(gate, await certificate("good"));
  await using running = await gate.serve();
  await copyFile((await certificate("other")).keyFile, join(gate.directory, "server.key"));
  const said = 'could not load private key file "KEY": key values mismatch';
  const key = join(gate.directory, "server.key");
  const { status, stdout, stderr } = await gate.command("reload");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^TLS +refused; what counted before counts on$/m);
  expect(stderr).toBe(`error: ${said.replace("KEY", key)}\n`);
  expect(running.output()).toContain(`LOG:  ${said.replace("KEY", key)}\n`);
  expect(running.output()).toContain("LOG:  SSL configuration was not reloaded\n");
  expect(await shown(gate)).toBe("good");
  const { document } = await gate.json("reload");
  expect(document).toMatchObject({ tls: { verdict: "refused", message: said.replace("KEY", key) } });
});

test("ssl may be turned on and off by a reload", async () => {
  const gate = await house.makeGate("switched", { hba: "host all all 127.0.0.1/32 trust\n" });
  await install(gate, await certificate("gate"));
  await using running = await gate.serve();
  expect(running.output()).toContain("ready to accept connections");
  const before = await readFile(gate.conf, "utf8");
  expect(await shown(gate)).toBeNull();
  await gate.write("sallyport.conf", `${before}ssl = on\n`);
  const on = await gate.command("reload");
  expect([on.status, on.stdout]).toEqual([0, expect.stringMatching(/^TLS +loaded$/m)]);
  expect(await shown(gate)).toBe("gate");
  await gate.write("sallyport.conf", before);
  expect((await gate.command("reload")).stdout).not.toContain("TLS");
  expect(await shown(gate)).toBeNull();
});

test("what is wrong at the start is fatal, in PostgreSQL's words", async () => {
  const gate = await house.makeGate("fatal", { hba, conf });
  await install(gate, await certificate("gate"));
  await rm(join(gate.directory, "server.crt"));
  const { status, stderr } = await gate.command("serve");
  const said = `could not load server certificate file "${gate.directory}/server.crt": No such file or directory`;
  expect(status).toBe(2);
  expect(stderr).toContain(`FATAL:  ${said}\n`);
  expect(stderr).toContain(`sallyport: error: ${said}\n`);
});
