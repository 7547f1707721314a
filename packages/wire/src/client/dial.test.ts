import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo, ListenOptions } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { HostTarget } from "../conninfo/options.ts";
import { dial } from "./dial.ts";
import { serverAddress } from "./server-target.ts";

/** How the server's end is called, `PORT` for its port, when it is reached as `target` says. */
async function addressOf(listen: ListenOptions, target: Omit<HostTarget, "port">): Promise<string> {
  const server = createServer((socket) => socket.resume()).listen(listen);
  await once(server, "listening");
  const address = server.address() as AddressInfo | string;
  const port = typeof address === "string" ? 7 : address.port;
  const socket = await dial({ ...target, port }, AbortSignal.timeout(20_000));
  const called = serverAddress({ ...target, port });
  const closed = once(server, "close");
  socket.destroy();
  server.close();
  await closed;
  return called.replace(new RegExp(`:${port}$`), ":PORT");
}

test.each([
  ["127.0.0.1", { host: "127.0.0.1" }, "127.0.0.1:PORT"],
  ["127.0.0.1", { host: "db.example.com", address: "127.0.0.1" }, "127.0.0.1:PORT"],
  ["::1", { host: "::1" }, "[::1]:PORT"],
])("a server on %s, reached as %j, is called %s", async (host, target, called) => {
  expect(await addressOf({ host, port: 0 }, target)).toBe(called);
});

test("a server on a Unix socket is called by the path of it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sallyport-wire-"));
  const path = join(directory, ".s.PGSQL.7");
  expect(await addressOf({ path }, { host: directory })).toBe(path);
  await rm(directory, { recursive: true });
});
