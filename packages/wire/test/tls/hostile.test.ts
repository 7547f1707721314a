/** Our client half against servers that mean harm, or hang, on the way into TLS. */
import type { Socket } from "node:net";
import { certificateAuthority } from "@sallyport/testkit";
import type { CertificateAuthority, IssuedCertificate } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, Secret, sendCancel } from "../../src/index.ts";
import { errorResponse, ready } from "../fake-servers.ts";
import { openOurs } from "./both.ts";
import { answers, encrypts, isSslRequest, nameOf, tlsServer } from "./servers.ts";
import type { Conduct } from "./servers.ts";

let ca: CertificateAuthority;
let own: IssuedCertificate;
beforeAll(async () => {
  ca = await certificateAuthority();
  own = await ca.issue({ subject: "/CN=localhost" });
});
afterAll(async () => {
  await ca?.remove();
});

const modes = ["prefer", "require"];

describe.each(modes)("nothing goes on after: %s", (mode) => {
  const unencrypted = "received unencrypted data after SSL response";
  test.each<[string, string | Buffer, string]>([
    ["a byte behind S", "S!", unencrypted],
    ["a whole session behind S", Buffer.concat([Buffer.from("S"), ready()]), unencrypted],
    ["a byte behind N", "N!", unencrypted],
    [
      "an error",
      errorResponse("28000", "call 555-0100"),
      "server sent an error response during SSL exchange",
    ],
    ["a control character", "\x1b[2J", "received invalid response to SSL negotiation: \\x1b"],
  ])("%s", async (_, answer, message) => {
    await using server = await tlsServer(answers(answer));
    const opening = openOurs(`${server.conninfo} sslmode=${mode} password=hunter2`);
    await expect(opening).rejects.toMatchObject({ code: "unexpected_message", message });
    expect(server.notes()).toEqual(["connect", "SSLRequest"]);
  });
});

/** Does what it does, and notes when the connection is over. */
function until(closed: (reason: string) => void, conduct: (socket: Socket) => void): Conduct {
  return (socket) => {
    socket.on("close", () => closed("closed"));
    conduct(socket);
  };
}

/** The first 7 bytes of an answer to a ClientHello of 4096. */
const half = Buffer.from("16030310007b5b", "hex");

describe("a server that stalls is left when the time is over", () => {
  const stalls: readonly (readonly [string, (socket: Socket) => void])[] = [
    ["before it answers", (socket) => void socket.resume()],
    ["behind S", (socket) => void socket.once("data", () => void socket.write("S"))],
    [
      "within the handshake",
      (socket) =>
        void socket.on("data", (bytes: Buffer) => void socket.write(isSslRequest(bytes) ? "S" : half)),
    ],
  ];

  test.each(stalls)("%s", async (_, conduct) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    await using server = await tlsServer(until(resolve, conduct));
    const hosts = [{ host: "127.0.0.1", port: server.port, password: new Secret("hunter2") }];
    const settings = new Map([["sslmode", "require"]]);
    const options = { hosts, user: "u", database: "d", settings, connectTimeout: 150 };
    await expect(openSession(options)).rejects.toMatchObject({ code: "timeout" });
    expect(await promise).toBe("closed");
  });

  test.each(stalls)("%s, or when nobody wants the session any more", async (_, conduct) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    await using server = await tlsServer(until(resolve, conduct));
    const hosts = [{ host: "127.0.0.1", port: server.port }];
    const options = { hosts, user: "u", database: "d", settings: new Map([["sslmode", "require"]]) };
    const opening = openSession(options, AbortSignal.timeout(100));
    await expect(opening).rejects.toMatchObject({ code: "timeout" });
    expect(await promise).toBe("closed");
  });

  test("after the handshake", async () => {
    const { cert, key } = own;
    await using server = await tlsServer(encrypts({ cert, key }, () => undefined));
    const hosts = [{ host: "127.0.0.1", port: server.port }];
    const settings = new Map([["sslmode", "require"]]);
    const options = { hosts, user: "u", database: "d", settings, connectTimeout: 300 };
    await expect(openSession(options)).rejects.toMatchObject({ code: "timeout" });
    expect(server.notes()).toContain("startup");
  });
});

test("a server that breaks off in TLS is an error in OpenSSL's words, not the end of the process", async () => {
  const { cert, key } = own;
  const breaks = encrypts({ cert, key }, (socket) => {
    // Below TLS, in the middle of a record.
    const raw: unknown = Reflect.get(socket, "_parent");
    (raw as Socket).end(Buffer.from("17030300ff00", "hex"));
  });
  await using server = await tlsServer(breaks);
  await expect(openOurs(`${server.conninfo} sslmode=require`)).rejects.toMatchObject({ name: "WireError" });
});

describe("a cancel request of a session in TLS", () => {
  const secret = { processId: 1, secretKey: Buffer.from("hunter2!") };

  test.each<[string, Conduct, string]>([
    ["that does no TLS now", answers("N"), "server does not support SSL, but SSL was required"],
    ["with bytes behind S", answers("S!"), "received unencrypted data after SSL response"],
    ["that breaks the handshake off", answers("S"), "SSL SYSCALL error: EOF detected"],
  ])("is never sent in clear: to a server %s", async (_, conduct, message) => {
    await using good = await tlsServer(
      encrypts({ cert: own.cert, key: own.key }, (socket) => void socket.write(ready())),
    );
    await using bad = await tlsServer(conduct);
    const session = await openOurs(`${good.conninfo} sslmode=prefer sslrootcert=${ca.certFile}`);
    session.stream.destroy();
    const target = { ...session.target, port: bad.port };
    const sending = sendCancel(target, secret, AbortSignal.timeout(10_000));
    await expect(sending).rejects.toMatchObject({ message });
    expect(bad.notes()).not.toContain("cancel");
  });

  test("goes to nobody whose certificate is not accepted", async () => {
    await using other = await certificateAuthority({ subject: "/CN=another root" });
    const stranger = await other.issue({ subject: "/CN=localhost" });
    await using good = await tlsServer(
      encrypts(
        { cert: own.cert, key: own.key },
        (socket, first) => void (nameOf(first) === "cancel" ? socket.end() : socket.write(ready())),
      ),
    );
    await using bad = await tlsServer(
      encrypts({ cert: stranger.cert, key: stranger.key }, (socket) => void socket.end()),
    );
    const session = await openOurs(`${good.conninfo} sslmode=verify-ca sslrootcert=${ca.certFile}`);
    session.stream.destroy();
    const sending = sendCancel({ ...session.target, port: bad.port }, secret, AbortSignal.timeout(10_000));
    await expect(sending).rejects.toMatchObject({ code: "tls_failed" });
    expect(bad.notes()).not.toContain("cancel");
    await sendCancel(session.target, secret, AbortSignal.timeout(10_000));
    expect(good.notes()).toContain("cancel");
  });
});
