import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { LdapConnection, ldapLimits } from "../src/services/ldap/connection.ts";
import type { Found } from "../src/services/ldap/connection.ts";
import { parseFilter } from "../src/services/ldap/filter.ts";

/** One element of BER, with a length of two bytes. */
function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 255]), content]);
}
const message = (operation: Buffer): Buffer => element(0x30, Buffer.from([2, 1, 1]), operation);
const entry = (dn: string): Buffer => message(element(0x64, element(4, Buffer.from(dn)), element(0x30)));
const done = message(element(0x65, Buffer.from([0x0a, 1, 0]), element(4), element(4)));

/** What a search finds at a server that says this to it. */
async function searched(answer: Buffer): Promise<Found> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  try {
    const request = { base: "dc=x", scope: 2, filter: parseFilter("(uid=a)") };
    const { signal } = new AbortController();
    return await new LdapConnection(socket, ldapLimits).search(request, signal);
  } finally {
    socket.destroy();
    server.close();
    await once(server, "close");
  }
}

test("of all that a search finds the first name is kept, and the number, which is right to the last", async () => {
  expect(await searched(done)).toEqual({ first: null, count: 0 });
  expect(await searched(Buffer.concat([entry("uid=one"), done]))).toEqual({ first: "uid=one", count: 1 });
  const many = Array.from({ length: ldapLimits.entries - 1 }, (_, number) => entry(`uid=${number}`));
  expect(await searched(Buffer.concat([...many, done]))).toEqual({ first: "uid=0", count: 9999 });
  await expect(searched(Buffer.concat([...many, entry("uid=last"), done]))).rejects.toThrow(
    "Size limit exceeded",
  );
});

test("the answers to one request are a mebibyte at most, however short each is", async () => {
  const kibibyte = entry("x".repeat(1024 - 19));
  expect(kibibyte).toHaveLength(1024);
  const most = Array.from({ length: 1023 }, () => kibibyte);
  expect(await searched(Buffer.concat([...most, done]))).toMatchObject({ count: 1023 });
  await expect(searched(Buffer.concat([...most, kibibyte, done]))).rejects.toMatchObject({
    words: "Can't contact LDAP server",
    diagnostics: "received what is no answer: more than 1048576 bytes in all",
  });
});
