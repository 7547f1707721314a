/** The headers that a real HAProxy sends. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { startHaproxy } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { MessageReader, readProxyHeader } from "../src/index.ts";

const ways = [
  "send-proxy",
  "send-proxy-v2",
  "send-proxy-v2 proxy-v2-options crc32c",
  "send-proxy-v2 proxy-v2-options crc32c,unique-id",
] as const;
const addresses = ["127.0.0.1", "::1"] as const;
const cases = ways.flatMap((sending) => addresses.map((host) => ({ sending, host })));

test.for(cases)("HAProxy with $sending: a client of $host", async ({ sending, host }) => {
  const signal = AbortSignal.timeout(20_000);
  const behind = createServer().listen(0, "127.0.0.1");
  await once(behind, "listening");
  const arrived = once(behind, "connection", { signal }) as Promise<[Socket]>;
  await using haproxy = await startHaproxy((behind.address() as AddressInfo).port, sending);
  const client = connect(haproxy.port, host);
  await once(client, "connect", { signal });
  client.write("hello");
  const [socket] = await arrived;
  const reader = new MessageReader(socket);
  try {
    expect(await readProxyHeader(reader, signal)).toEqual({
      kind: "proxied",
      source: { address: host, port: client.localPort },
      destination: { address: host, port: haproxy.port },
    });
    expect((await reader.readBytes(5, signal)).toString()).toBe("hello");
  } finally {
    for (const each of [client, socket]) each.destroy();
    behind.close();
  }
});
