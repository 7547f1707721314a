/** How long a login waits for RADIUS servers, who waits for whom, and what a password is good for afterwards. */
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { encodePasswordMessage, encodeStartupPacket } from "@sallyport/wire";
import { run, setUp, startGate, until } from "../gate.ts";
import type { GateOptions, TestGate } from "../gate.ts";
import { answerTo, secret, startFakeRadius } from "./fake-radius.ts";

let upstream: TestPostgres;

beforeAll(async () => {
  upstream = await startPostgres({ hba: "local all app scram-sha-256\nlocal all all trust\n" });
  await run(upstream, [...setUp, "create role other login", "alter role sallyport superuser"]);
});

afterAll(async () => {
  await upstream?.stop();
});

const silent = (): void => undefined;

async function gateWith(options: string, conf: string, more: Partial<GateOptions> = {}): Promise<TestGate> {
  const hba = `host all all all radius radiussecrets=${secret} ${options}\n`;
  return await startGate(upstream, { hba, conf, ...more });
}

/** Somebody who says all that he will be asked for at once. */
function enter(gate: TestGate, password = "other-secret"): Socket {
  const socket = connect(gate.tcp).resume();
  socket.write(
    encodeStartupPacket([
      ["user", "other"],
      ["database", "shop"],
    ]),
  );
  socket.write(encodePasswordMessage(password));
  return socket;
}

test("a server that is silent holds up no login beyond authentication_timeout", async () => {
  await using fake = await startFakeRadius(silent);
  const options = `radiusservers="127.0.0.1,127.0.0.1" radiusports=${fake.port}`;
  await using gate = await gateWith(options, "authentication_timeout = 2s");
  await once(enter(gate), "close");
  await gate.logged("57014 FATAL:  canceling authentication due to timeout");
  expect(fake.requests).toHaveLength(1);
  expect(gate.log()).not.toContain("RADIUS response");
});

test("where too many wait for a server the next one is asked at once", async () => {
  await using slow = await startFakeRadius(silent);
  await using fast = await startFakeRadius((request, send) => send(answerTo(request)), "::1");
  const options = `radiusservers="127.0.0.1,::1" radiusports="${slow.port},${fast.port}"`;
  await using gate = await gateWith(options, "auth_service_limit = 1\nauth_service_queue = 0");
  const first = enter(gate);
  await until("the first waits", () => slow.requests.length === 1);
  const second = enter(gate);
  await gate.logged(`LOG:  too many logins wait for RADIUS server "127.0.0.1", port ${slow.port}\n`);
  await gate.logged("DETAIL:  auth_service_limit=1 are asking it, and auth_service_queue=0 wait.");
  await gate.logged("connection authorized: user=other");
  expect([slow.requests.length, fast.requests.length]).toEqual([1, 1]);
  await until("the first is in, too", () => fast.requests.length === 2);
  for (const socket of [first, second]) socket.destroy();
});

test("what the server has found right is passed on to the upstream, which judges it by itself", async () => {
  await using fake = await startFakeRadius((request, send) => send(answerTo(request)));
  const options = `radiusservers=127.0.0.1 radiusports=${fake.port}`;
  await using gate = await gateWith(options, "upstream_auth = passthrough");
  expect((await gate.psql("app", ["-c", "select 1"])).status).toBe(0);
  const wrong = await gate.psql("app", ["-c", "select 1"], { env: { PGPASSWORD: "planted-secret" } });
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('FATAL:  password authentication failed for user "app"');
  expect(gate.log()).not.toContain("planted-secret");
});

test("the empty password is refused before anybody is asked", async () => {
  await using fake = await startFakeRadius((request, send) => send(answerTo(request)));
  await using gate = await gateWith(`radiusservers=127.0.0.1 radiusports=${fake.port}`, "");
  const socket = enter(gate, "");
  await gate.logged("28P01 FATAL:  empty password returned by client");
  socket.destroy();
  expect(fake.requests).toHaveLength(0);
});
