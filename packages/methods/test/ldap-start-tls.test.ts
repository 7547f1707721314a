import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ldapLimits } from "../src/services/ldap/connection.ts";
import { secure } from "../src/services/ldap/dial.ts";
import { apiError } from "../src/services/ldap/result-codes.ts";
import { LdapSession } from "../src/services/ldap/session.ts";

/** The success of the first request, by RFC 4511, 4.14. */
const agreed = Buffer.from("300c02010178070a010004000400", "hex");
const startTls = 0x77;
/** Nobody waits for these. */
const limits = { ...ldapLimits, connect: 3_600_000, operation: 3_600_000 };
const never = new AbortController().signal;

/** In their order, what the server and the reader of the configuration see. */
let steps: string[];
let server: Server;
const sockets = new Set<Socket>();
let answer: (socket: Socket) => void;
beforeEach(async () => {
  steps = [];
  server = createServer((socket) => {
    steps.push("connected");
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", (bytes: Buffer) => {
      steps.push(bytes[5] === startTls ? "StartTLS" : "other bytes");
      answer(socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
  await once(server, "close");
});

function session(tls: boolean): LdapSession {
  const { port } = server.address() as AddressInfo;
  const surroundings = {
    addressesOf: async () => await Promise.resolve(["127.0.0.1"]),
    trust: async () => {
      // As long as it takes to read files.
      await new Promise((resolve) => setImmediate(resolve));
      steps.push("trust");
      return { context: createSecureContext() };
    },
    limits,
  };
  return new LdapSession([{ host: "localhost", port, tls }], surroundings, never);
}

describe("whom to trust is known before anything is sent", () => {
  beforeEach(() => {
    answer = (socket) => socket.end(agreed);
  });

  test("with StartTLS", async () => {
    await expect(session(false).startTls()).rejects.toThrow("Connect error");
    expect(steps).toEqual(["trust", "connected", "StartTLS"]);
  });

  test("with ldaps", async () => {
    await expect(session(true).bind("cn=x", "secret")).rejects.toThrow("Can't contact LDAP server");
    expect(steps).toEqual(["trust", "connected", "other bytes"]);
  });
});

describe("a handshake on a connection that is over fails at once", () => {
  test.for([
    ["it has ended", (socket: Socket) => socket.resume(), "end"],
    ["it is closed", (socket: Socket) => socket.destroy(), "close"],
  ] as const)("%s", async ([, work, event]) => {
    server.once("connection", (socket: Socket) => socket.end());
    const socket = connect({
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      allowHalfOpen: true,
    });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    work(socket);
    await once(socket, event);
    const trust = { context: createSecureContext() };
    const secured = secure(socket, "localhost", trust, apiError.connectError, limits, never);
    await expect(secured).rejects.toMatchObject({
      words: "Connect error",
      diagnostics: "the connection was closed",
    });
    expect(socket.destroyed).toBe(true);
  });

  test.for<readonly [string, (socket: Socket) => void]>([
    ["with it", (socket) => socket.end(agreed)],
    ["by a reset", (socket) => socket.write(agreed, () => socket.resetAndDestroy())],
    ["a little later", (socket) => socket.write(agreed, () => setImmediate(() => socket.end()))],
  ])("it ends behind the answer to StartTLS, %s", async ([, end]) => {
    answer = end;
    await expect(session(false).startTls()).rejects.toThrow(/Connect error|Can't contact/);
  });
});
