/** Ident servers that are asked on a port of their own, where PostgreSQL cannot be held against the gate. */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { selfSigned, startOidentd, startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { encodeStartupPacket } from "@sallyport/wire";
import { run, setUp, startGate } from "../gate.ts";
import type { GateOptions, TestGate } from "../gate.ts";
import { proxyLine } from "../proxy-header.ts";
import { startFakeIdent } from "./fake-ident.ts";
import { refusedHere, responses } from "./ident-responses.ts";
import { errorIn, knock, logIn } from "../raw-client.ts";

let upstream: TestPostgres;

beforeAll(async () => {
  upstream = await startPostgres();
  await run(upstream, [...setUp, "create role nobody login"]);
});

afterAll(async () => {
  await upstream?.stop();
});

const hba = "local all all trust\nhost shop all all ident map=m\nhost postgres all all ident\n";
const ident = "m /^.*$ app\n";
const startup = encodeStartupPacket([
  ["user", "app"],
  ["database", "shop"],
]);

async function gateBeside(identPort: number, more: Partial<GateOptions> = {}): Promise<TestGate> {
  return await startGate(upstream, { hba, ident, identPort, ...more });
}

const refused = ["28000", 'Ident authentication failed for user "app"'];

test("a real oidentd on another port", async () => {
  await using oidentd = await startOidentd();
  await using gate = await gateBeside(oidentd.port);
  const asNobody = { osUser: "nobody", env: { PGDATABASE: "postgres" } };
  expect((await gate.psql("nobody", ["-c", "select 1"], asNobody)).status).toBe(0);
  expect((await gate.psql("app", ["-c", "select 1"], asNobody)).status).toBe(2);
  expect(gate.log()).toContain('connection authenticated: identity="nobody" method=ident');
  expect(gate.log()).toContain("provided user name (app) and authenticated user name (nobody) do not match");
});

test("whatever a server says, its user is PostgreSQL's reading of it", async () => {
  await using fake = await startFakeIdent();
  await using gate = await gateBeside(fake.port);
  for (const [response, user] of [...responses, ...refusedHere.map((one) => [one, null] as const)]) {
    fake.behave(response);
    const { status } = await gate.psql("app", ["-c", "select 1"]);
    expect({ response, status }).toEqual({ response, status: user === null ? 2 : 0 });
  }
});

test("the question is of the two ends of the connection, and comes from the one that is ours", async () => {
  await using fake = await startFakeIdent(0, "127.0.0.5");
  fake.behave("1,2:USERID:UNIX:bob\r\n");
  await using gate = await gateBeside(fake.port, { conf: "listen_addresses = '127.0.0.1, 127.0.0.9'" });
  const socket = connect({ host: "127.0.0.9", port: gate.port, localAddress: "127.0.0.5" });
  socket.write(startup);
  await gate.logged('identity="bob" method=ident');
  expect(fake.asked).toEqual([{ question: `${socket.localPort},${gate.port}\r\n`, from: "127.0.0.9" }]);
  socket.destroy();
});

test("TLS with the client changes nothing of it", async () => {
  const { cert, key } = await selfSigned();
  await using fake = await startFakeIdent();
  fake.behave("1,2:USERID:UNIX:bob\r\n");
  await using gate = await gateBeside(fake.port, {
    hba: "hostssl shop all all ident map=m\n",
    files: { "server.crt": cert.toString(), "server.key": key.toString() },
    conf: "ssl = on",
  });
  expect((await gate.psql("app", ["-c", "select 1"], { env: { PGSSLMODE: "require" } })).status).toBe(0);
  expect(fake.asked[0]?.question).toMatch(new RegExp(String.raw`^\d+,${gate.port}\r\n$`));
});

describe("a server that never answers", () => {
  test("holds up the login until authentication_timeout: PostgreSQL waits on", async () => {
    await using fake = await startFakeIdent();
    const closed = Promise.withResolvers<void>();
    fake.behave((socket) => void socket.once("close", () => closed.resolve()));
    await using gate = await gateBeside(fake.port, { conf: "authentication_timeout = 2s" });
    expect((await knock(gate.tcp, startup)).toString()).toBe("");
    await gate.logged("57014 FATAL:  canceling authentication due to timeout");
    await closed.promise;
    expect(fake.asked).toHaveLength(1);
  });

  test("is asked so much at a time and no more, and keeps nobody waiting who needs another", async () => {
    await using fake = await startFakeIdent();
    const asking = Promise.withResolvers<Socket>();
    fake.behave(asking.resolve);
    const conf = "auth_service_limit = 1\nauth_service_queue = 0";
    await using gate = await gateBeside(fake.port, { conf });
    const first = knock(gate.tcp, startup);
    const held = await asking.promise;
    expect(errorIn(await knock(gate.tcp, startup))).toEqual(refused);
    expect(gate.log()).toContain(
      `LOG:  too many logins wait for Ident server at address "127.0.0.1", port ${fake.port}\n`,
    );
    expect(fake.asked).toHaveLength(1);
    await using other = await startFakeIdent(fake.port, "127.0.0.5");
    other.behave("1,2:USERID:UNIX:bob\r\n");
    const from = { ...gate.tcp, localAddress: "127.0.0.5" };
    const { socket } = await logIn(from, { user: "app" });
    expect(other.asked).toHaveLength(1);
    socket.destroy();
    held.end();
    expect(errorIn(await first)).toEqual(refused);
    fake.behave("1,2:USERID:UNIX:bob\r\n");
    expect((await gate.psql("app", ["-c", "select 1"])).status).toBe(0);
  });
});

describe("behind a proxy", () => {
  const conf = "proxy_protocol_from = '127.0.0.2'";

  test("nobody is asked, and nobody comes in: the client's machine knows no connection to us", async () => {
    await using fake = await startFakeIdent();
    fake.behave("1,2:USERID:UNIX:bob\r\n");
    await using gate = await gateBeside(fake.port, { conf });
    const target = { ...gate.tcp, localAddress: "127.0.0.2" };
    const heard = errorIn(await knock(target, proxyLine("127.0.0.1"), startup));
    expect(heard).toEqual(refused);
    expect(gate.log()).toContain(
      `LOG:  could not ask the Ident server at address "127.0.0.1", port ${fake.port}: the connection came by way of a proxy\n`,
    );
    expect(fake.asked).toEqual([]);
  });

  test("but those that come by themselves are asked about", async () => {
    await using fake = await startFakeIdent();
    fake.behave("1,2:USERID:UNIX:bob\r\n");
    await using gate = await gateBeside(fake.port, { conf });
    expect((await gate.psql("app", ["-c", "select 1"])).status).toBe(0);
    expect(fake.asked).toHaveLength(1);
  });
});
