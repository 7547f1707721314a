import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the kernel's ephemeral ports (32768 and up), which any outgoing connection may take. */
const [lowest, highest] = [10_240, 32_767];

/**
 * A TCP port that was free a moment ago on every given address. Another process may take it before its user does, so
 * the user tries again with another one.
 */
export async function freePort(addresses: readonly string[] = ["127.0.0.1", "::1"]): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(lowest, highest + 1);
    const free = await Promise.all(addresses.map(async (address) => await canListen(address, port)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest} on ${addresses.join(", ")}`);
}

async function canListen(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    if (server.listening) {
      server.close();
      await once(server, "close");
    }
  }
}
