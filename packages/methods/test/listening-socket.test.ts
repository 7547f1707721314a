import { createSocket } from "node:dgram";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo, ListenOptions, Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseIpv4, parseIpv6 } from "@sallyport/policy";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { listeningSocket, loadOs } from "../src/os/index.ts";

let room: TempDirectory;
const servers: Server[] = [];

beforeAll(async () => {
  room = await tempDirectory();
  if (!(await loadOs())) throw new Error("koffi cannot be used");
});

afterAll(async () => {
  for (const server of servers) server.close();
  await room?.remove();
});

/** What Node hides: the descriptor behind a socket or a server. */
function descriptor(of: object): number {
  return Number(Reflect.get(Object(Reflect.get(of, "_handle")), "fd"));
}

async function listen(where: ListenOptions): Promise<Server> {
  const server = createServer().listen(where);
  servers.push(server);
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

describe("a socket that somebody opened for us", () => {
  test.each([
    ["IPv4", "127.0.0.1", false, false],
    ["IPv4", "0.0.0.0", false, false],
    ["IPv6", "::", true, false],
    ["IPv6", "::", false, true],
    // Nobody of IPv4 can come to an address that is one of IPv6's own.
    ["IPv6", "::1", true, false],
    ["IPv6", "::1", false, false],
    ["IPv6", "::ffff:127.0.0.1", false, true],
  ])("%s %s, IPv6 only: %s; clients of IPv4 in disguise: %s", async (family, host, ipv6Only, dualStack) => {
    const server = await listen({ host, port: 0, ipv6Only });
    expect(listeningSocket(descriptor(server))).toEqual({
      kind: "tcp",
      family,
      ip: parseIpv4(host) ?? parseIpv6(host),
      port: portOf(server),
      dualStack,
    });
  });

  test("a Unix socket by its path, whatever bytes that has", async () => {
    const path = join(room.path, "J\u00f6rg");
    const bytes = Buffer.from(path, "utf8").toString("latin1");
    expect(listeningSocket(descriptor(await listen({ path })))).toEqual({ kind: "unix", path: bytes });
  });

  test("one of the longest path, which has no end mark in the kernel's answer", async () => {
    const path = join(room.path, "x".repeat(107)).slice(0, 107);
    expect(listeningSocket(descriptor(await listen({ path })))).toEqual({ kind: "unix", path });
  });

  test("an abstract address", async () => {
    const name = `sallyport-test-${process.pid}`;
    const server = await listen({ path: `\0${name}` });
    expect(listeningSocket(descriptor(server))).toEqual({ kind: "unix", path: `@${name}` });
  });

  test("is none if nobody listens, if it is no stream, no socket, or nothing at all", async () => {
    const server = await listen({ host: "127.0.0.1", port: 0 });
    const client = connect(portOf(server), "127.0.0.1");
    await once(client, "connect");
    expect(listeningSocket(descriptor(client))).toEqual({ error: "nobody listens on it" });
    client.destroy();

    const datagrams = createSocket("udp4");
    datagrams.bind(0, "127.0.0.1");
    await once(datagrams, "listening");
    const state = Reflect.ownKeys(datagrams).map((key) => Reflect.get(datagrams, key) as unknown);
    const handle = state.map((value) => Reflect.get(Object(value), "handle") as unknown).find(Boolean);
    const fd = Number(Reflect.get(Object(handle), "fd"));
    expect(listeningSocket(fd)).toEqual({ error: "it is not a stream socket" });
    datagrams.close();

    const file = await open("/dev/null");
    expect(listeningSocket(file.fd)).toEqual({ error: "Socket operation on non-socket" });
    await file.close();
    expect(listeningSocket(-1)).toEqual({ error: "Bad file descriptor" });
  });
});
