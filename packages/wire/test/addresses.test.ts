/** Several addresses behind one host name, and hosts in random order. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { freePort } from "@sallyport/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { openSession } from "../src/index.ts";
import type { ConnectionOptions, OpenedSession, SessionSurroundings } from "../src/index.ts";
import { errorResponse, ready, says, serves } from "./fake-servers.ts";
import type { Behaviour } from "./fake-servers.ts";

const servers: Server[] = [];
const sockets = new Set<Socket>();
let visits: string[] = [];

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  visits = [];
});

/** One server for each address, all on one port, which it returns. */
async function listen(behaviours: Readonly<Record<string, Behaviour>>): Promise<number> {
  const addresses = Object.keys(behaviours);
  const port = await freePort(addresses);
  for (const [address, behave] of Object.entries(behaviours)) {
    if (behave === null) continue;
    const server = createServer((socket) => {
      visits.push(address);
      sockets.add(socket.on("error", () => undefined));
      socket.once("data", () => behave(socket));
    }).listen(port, address);
    servers.push(server);
    await once(server, "listening");
  }
  return port;
}

const names: Readonly<Record<string, readonly string[]>> = {
  db: ["127.0.0.2", "127.0.0.3"],
  other: ["127.0.0.4"],
};

const lookUp = async (name: string): Promise<readonly string[]> =>
  await Promise.resolve(names[name] ?? Promise.reject(Object.assign(new Error(), { code: "ENOTFOUND" })));

async function open(
  hosts: readonly string[],
  port: number,
  more: Partial<ConnectionOptions> = {},
  surroundings: SessionSurroundings = {},
): Promise<OpenedSession> {
  const options = { hosts: hosts.map((host) => ({ host, port })), user: "u", database: "d", ...more };
  const session = await openSession(options, AbortSignal.timeout(20_000), { lookUp, ...surroundings });
  session.stream.destroy();
  return session;
}

const fine = says(ready());
const silent: Behaviour = (socket) => socket.resume();
const starting = says(errorResponse("57P03", "the database system is starting up"));

describe("a host name with several addresses", () => {
  test("is tried address by address, and the session knows which one it is on", async () => {
    const port = await listen({ "127.0.0.2": null, "127.0.0.3": fine });
    const { target, server } = await open(["db"], port);
    expect(target).toEqual({ host: "db", address: "127.0.0.3", port });
    expect(server).toBe(`127.0.0.3:${port}`);
  });

  test("gives each address its own connect_timeout", async () => {
    const port = await listen({ "127.0.0.2": silent, "127.0.0.3": silent, "127.0.0.4": fine });
    const { target } = await open(["db", "other"], port, { connectTimeout: 200 });
    expect(target.address).toBe("127.0.0.4");
    expect(visits).toEqual(["127.0.0.2", "127.0.0.3", "127.0.0.4"]);
  });

  test.each([
    ["is not accepting connections", starting, new Map<string, string>()],
    [
      "is none that is asked for",
      serves({ in_hot_standby: "on", default_transaction_read_only: "off" }),
      new Map([["target_session_attrs", "primary"]]),
    ],
  ])("is given up for the next host when one server %s", async (_, first, settings) => {
    const primary = serves({ in_hot_standby: "off", default_transaction_read_only: "off" });
    const port = await listen({ "127.0.0.2": first, "127.0.0.3": primary, "127.0.0.4": primary });
    const { target } = await open(["db", "other"], port, { settings });
    expect(target).toEqual({ host: "other", address: "127.0.0.4", port });
    expect(visits).toEqual(["127.0.0.2", "127.0.0.4"]);
  });

  test("appears with each address in the error when none will do", async () => {
    const port = await listen({ "127.0.0.2": null, "127.0.0.3": silent, "127.0.0.4": starting });
    await expect(open(["nowhere", "db", "other"], port, { connectTimeout: 200 })).rejects.toMatchObject({
      code: "connect_failed",
      message: [
        'could not translate host name "nowhere" to address: Name or service not known',
        `connection to server at "db" (127.0.0.2), port ${port} failed: connection refused`,
        `connection to server at "db" (127.0.0.3), port ${port} failed: timeout expired`,
        `connection to server at "other" (127.0.0.4), port ${port} failed: FATAL:  the database system is starting up`,
      ].join("\n"),
    });
  });
});

describe("a host name that cannot be looked up", () => {
  test("is an error in libpq's words", async () => {
    await expect(open(["nowhere"], 1)).rejects.toMatchObject({
      code: "connect_failed",
      message: 'could not translate host name "nowhere" to address: Name or service not known',
    });
  });

  test("in time is passed over for the next host", async () => {
    const port = await listen({ "127.0.0.4": fine });
    const slow = async (name: string) =>
      await (name === "slow" ? new Promise<never>(() => {}) : lookUp(name));
    const { target } = await open(["slow", "other"], port, { connectTimeout: 200 }, { lookUp: slow });
    expect(target.host).toBe("other");
  });
});

test("load_balance_hosts=random shuffles the hosts, and the addresses of each", async () => {
  const port = await listen({ "127.0.0.2": starting, "127.0.0.3": null, "127.0.0.4": starting });
  const settings = new Map([["load_balance_hosts", "random"]]);
  const randomBelow = (bound: number) => bound - 1;
  const opening = open(["db", "other"], port, { settings }, { randomBelow });
  await expect(opening).rejects.toMatchObject({
    message: [
      `connection to server at "other" (127.0.0.4), port ${port} failed: FATAL:  the database system is starting up`,
      `connection to server at "db" (127.0.0.3), port ${port} failed: connection refused`,
      `connection to server at "db" (127.0.0.2), port ${port} failed: FATAL:  the database system is starting up`,
    ].join("\n"),
  });
});

test("nothing more is tried when the caller has given up", async () => {
  const controller = new AbortController();
  const port = await listen({
    "127.0.0.2": () => controller.abort(new DOMException("enough", "AbortError")),
    "127.0.0.3": fine,
  });
  const options = { hosts: [{ host: "db", port }], user: "u", database: "d" };
  await expect(openSession(options, controller.signal, { lookUp })).rejects.toMatchObject({
    code: "aborted",
  });
  expect(visits).toEqual(["127.0.0.2"]);
});
