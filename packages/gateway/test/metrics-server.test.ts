import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { freePort } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { servePages } from "../src/metrics/server.ts";
import type { Page } from "../src/metrics/server.ts";

interface Served extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly close: () => Promise<void>;
  readonly log: readonly string[];
}

const page = (body: string): (() => Promise<Page>) => {
  const made: Page = { status: 200, contentType: "text/plain", body };
  return async () => made;
};

async function served(
  more: Readonly<Record<string, () => Promise<Page>>> = {},
  longest?: number,
): Promise<Served> {
  const port = await freePort();
  const log: string[] = [];
  const pages = new Map(Object.entries({ "/livez": page("alive\n"), ...more }));
  const write = { log: (severity: string, message: string) => void log.push(`${severity}: ${message}`) };
  const close = await servePages({ host: "127.0.0.1", port }, pages, write, longest);
  return { port, url: `http://127.0.0.1:${port}`, close, log, [Symbol.asyncDispose]: close };
}

/** Sends bytes, and returns all that comes back until the other side closes. */
async function say(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  socket.write(bytes);
  return await text(socket).catch(() => "broken");
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function withWords(answer: Promise<string>): Promise<string> {
  const words = await answer;
  if (words === "") throw new Error("it was closed unheard");
  return words;
}

test("GET and HEAD are answered, whatever stands behind a question mark", async () => {
  await using server = await served();
  const got = await fetch(`${server.url}/livez?verbose=1`);
  expect([got.status, got.headers.get("connection"), await got.text()]).toEqual([200, "close", "alive\n"]);
  const headed = await fetch(`${server.url}/livez`, { method: "HEAD" });
  expect([headed.status, headed.headers.get("content-length"), await headed.text()]).toEqual([200, "6", ""]);
});

test.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s is not", async (method) => {
  await using server = await served();
  const { status, headers } = await fetch(`${server.url}/livez`, { method });
  expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test.each(["/", "/livez/", "//livez", "/../livez", "/metrics%00", "/__proto__", "http://elsewhere/livez"])(
  "there is nothing at %s",
  async (path) => {
    await using server = await served();
    expect(await say(server.port, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 404 /);
  },
);

test("a page that cannot be made is an error without reasons; those stand in the log", async () => {
  await using server = await served({
    "/metrics": async () => {
      throw new Error("secret thing");
    },
  });
  const got = await fetch(`${server.url}/metrics`);
  expect([got.status, await got.text()]).toEqual([500, "internal error\n"]);
  expect(server.log).toContain("WARNING: could not answer a request for metrics");
});

test.each([
  ["a header without end", `GET /livez HTTP/1.1\r\nX: ${"x".repeat(20_000)}`, /^HTTP\/1\.1 431 /],
  ["bytes that are no HTTP", Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]), /^HTTP\/1\.1 400 /],
  [
    "two lengths",
    "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    /^HTTP\/1\.1 400 /,
  ],
  ["CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", /^$/],
  [
    "an upgrade",
    "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    /^HTTP\/1\.1 200 /,
  ],
  [
    "a body that never comes",
    "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n",
    /^HTTP\/1\.1 200 /,
  ],
])("%s ends the connection", async (_, bytes, answer) => {
  await using server = await served();
  expect(await say(server.port, bytes)).toMatch(answer);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
});

test("of a thousand requests in one connection the first is carried out", async () => {
  let made = 0;
  const counted = page("x".repeat(100_000));
  await using server = await served({
    "/metrics": async () => {
      made += 1;
      return await counted();
    },
  });
  await say(server.port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000));
  expect(made).toBe(1);
});

test("a connection that says nothing, or reads nothing, is ended", async () => {
  const body = 50_000_000;
  await using server = await served({ "/metrics": page("x".repeat(body)) }, 1000);
  const slow = await connected(server.port);
  slow.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  const silent = await connected(server.port);
  expect(await text(silent)).toBe("");
  // It came first, so its time is over, too: what it can still read is what was on the way.
  const ended = once(slow, "close");
  slow.resume();
  await ended;
  expect(slow.bytesRead).toBeLessThan(body);
});

test("more connections than are allowed are closed unheard, and the others are served", async () => {
  await using server = await served();
  const sockets = await Promise.all(Array.from({ length: 65 }, async () => await connected(server.port)));
  const heard = sockets.map(async (socket) => await text(socket).catch(() => ""));
  expect(await Promise.race(heard)).toBe("");
  const open = sockets.find(({ readableEnded }) => !readableEnded);
  open?.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(await Promise.any(heard.map(async (answer) => await withWords(answer)))).toMatch(/^HTTP\/1\.1 200 /);
});

test("an address that is taken is an error in the server's words", async () => {
  await using server = await served();
  const taken = servePages({ host: "127.0.0.1", port: server.port }, new Map(), { log: () => undefined });
  await expect(taken).rejects.toMatchObject({
    message: `could not bind "metrics_address" "127.0.0.1:${server.port}": Address already in use`,
    hint: expect.stringContaining("Is another process already listening on port"),
  });
});

test("to close is to end every connection, and to free the address", async () => {
  const server = await served();
  const open = await connected(server.port);
  const ended = once(open, "close");
  open.resume();
  await server.close();
  await ended;
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow("fetch failed");
});
