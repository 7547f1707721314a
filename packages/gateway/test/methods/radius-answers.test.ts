/** What PostgreSQL does not check of a RADIUS server's answers; and what does not need it to. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFreeradius, startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { answerTo, secret, startFakeRadius } from "./fake-radius.ts";
import type { Request, Send } from "./fake-radius.ts";

let upstream: TestPostgres;

beforeAll(async () => {
  upstream = await startPostgres();
  await run(upstream, setUp);
});

afterAll(async () => {
  await upstream?.stop();
});

interface Tried {
  readonly status: number | null;
  /** SQLSTATE, severity and words of what the method logged. */
  readonly log: readonly string[];
}

/** One login by a line with these options. */
async function tried(options: string, conf = ""): Promise<Tried> {
  const hba = `local all all trust\nhost all all all radius ${options}\n`;
  await using gate: TestGate = await startGate(upstream, { hba, conf });
  const patient = { timeoutMs: 60_000, env: { PGCONNECT_TIMEOUT: "60" } };
  const { status } = await gate.psql("app", ["-c", "select 1"], patient);
  await gate.logged(status === 0 ? "disconnection: " : "DETAIL:  Connection matched");
  expect(gate.log()).not.toContain(secret);
  return {
    status,
    log: gate
      .log()
      .split("\n")
      .filter((line) => /RADIUS|HINT/.test(line) && !line.includes("FATAL")),
  };
}

async function triedWith(behave: (request: Request, send: Send) => void, conf = ""): Promise<Tried> {
  await using fake = await startFakeRadius(behave);
  return await tried(`radiusservers=127.0.0.1 radiussecrets=${secret} radiusports=${fake.port}`, conf);
}

const timeout = "00000 LOG:  timeout waiting for RADIUS response from 127.0.0.1";
const unsigned = (request: Request, send: Send): void => send(answerTo(request, { signed: false }));
const off = "radius_require_message_authenticator = off";

describe.concurrent("an answer without a Message-Authenticator", () => {
  test("does not count, and the log names the setting by which it would", async () => {
    const { status, log } = await triedWith(unsigned);
    expect(status).toBe(2);
    expect(log).toEqual([
      "00000 LOG:  RADIUS response from 127.0.0.1 has no Message-Authenticator",
      expect.stringContaining(
        'HINT:  Have the server sign its answers. With "radius_require_message_authenticator = off"',
      ),
      timeout,
    ]);
  });

  test("counts with radius_require_message_authenticator = off, as in PostgreSQL", async () => {
    expect(await triedWith(unsigned, off)).toEqual({ status: 0, log: [] });
  });

  test("is what an older FreeRADIUS gives, unless it is told to sign", async () => {
    await using server = await startFreeradius({
      secret,
      users: 'app Cleartext-Password := "app-secret"\n',
      signs: false,
    });
    const options = `radiusservers=127.0.0.1 radiussecrets=${secret} radiusports=${server.port}`;
    expect((await tried(options)).status).toBe(2);
    expect((await tried(options, off)).status).toBe(0);
  });
});

test("requests are signed: a server that wants that answers us, and does not answer PostgreSQL", async () => {
  await using server = await startFreeradius({
    secret,
    users: 'app Cleartext-Password := "app-secret"\n',
    requiresSigned: true,
  });
  const options = `radiusservers=127.0.0.1 radiussecrets=${secret} radiusports=${server.port}`;
  expect(await tried(options)).toEqual({ status: 0, log: [] });
  await using postgres = await startPostgres({
    hba: `local all postgres trust\nlocal all all radius ${options}\n`,
  });
  await run(postgres, setUp);
  const env = { PGUSER: "app", PGPASSWORD: "app-secret", PGDATABASE: "shop" };
  const { status } = await postgres.psql(["-c", "select 1"], { env });
  expect(status).toBe(2);
  expect(await postgres.log()).toContain("timeout waiting for RADIUS response from 127.0.0.1");
});

test("a server with another secret drops what we send: it is not signed for it", async () => {
  await using server = await startFreeradius({ secret: "another", users: "" });
  const options = `radiusservers=127.0.0.1 radiussecrets=${secret} radiusports=${server.port}`;
  expect(await tried(options)).toEqual({ status: 2, log: [timeout] });
});

/** A Message-Authenticator of these bytes behind the right one, or alone. */
const signature = (byte: number, length = 16): Buffer =>
  Buffer.concat([Buffer.from([80, length + 2]), Buffer.alloc(length, byte)]);

describe.concurrent.each(["on", "off"])(
  "no answer counts with radius_require_message_authenticator = %s",
  (value) => {
    const conf = `radius_require_message_authenticator = ${value}`;
    test.each<readonly [string, string, (request: Request, send: Send) => void]>([
      [
        "with a wrong Message-Authenticator",
        "has incorrect Message-Authenticator",
        (request, send) => send(answerTo(request, { signed: false, attributes: signature(7) })),
      ],
      [
        "with one that is too short",
        "has incorrect Message-Authenticator",
        (request, send) => send(answerTo(request, { signed: false, attributes: signature(0, 15) })),
      ],
      [
        "with two of them",
        "has incorrect Message-Authenticator",
        (request, send) => send(answerTo(request, { attributes: signature(0) })),
      ],
      [
        "with attributes that end behind it",
        "has corrupt attributes",
        (request, send) => send(answerTo(request, { attributes: Buffer.from([18, 99, 1]) })),
      ],
      [
        "with an attribute of no length",
        "has corrupt attributes",
        (request, send) => send(answerTo(request, { attributes: Buffer.from([18, 0, 18, 0]) })),
      ],
      [
        "from another address",
        "was sent from incorrect address: 127.0.0.2",
        (request, send) => send(answerTo(request), "another address"),
      ],
    ])("%s", async (_, words, behave) => {
      expect(await triedWith(behave, conf)).toEqual({
        status: 2,
        log: [`00000 LOG:  RADIUS response from 127.0.0.1 ${words}`, timeout],
      });
    });
  },
);

test("an answer that is late, but in time, counts; wrong ones before it are logged, but not all of them", async () => {
  const { status, log } = await triedWith((request, send) => {
    for (let count = 0; count < 50; count += 1) send(Buffer.alloc(count % 20));
    setTimeout(() => send(answerTo(request)), 500);
  });
  expect(status).toBe(0);
  expect(log).toHaveLength(9);
  expect(log[7]).toBe("00000 LOG:  RADIUS response from 127.0.0.1 too short: 7");
  expect(log[8]).toBe("00000 LOG:  further wrong RADIUS responses from 127.0.0.1 are not logged");
});

test("an answer that comes when the time is over is none, even while the next server is waited for", async () => {
  const late: Promise<void>[] = [];
  await using fake = await startFakeRadius((request, send) => {
    if (late.length === 0) late.push(delay(3500).then(() => send(answerTo(request))));
  });
  const servers = `radiusservers="127.0.0.1,127.0.0.1" radiusports=${fake.port}`;
  expect(await tried(`${servers} radiussecrets=${secret}`)).toEqual({ status: 2, log: [timeout, timeout] });
  await Promise.all(late);
  expect(fake.requests).toHaveLength(2);
});

describe.concurrent("a line that says what cannot be sent", () => {
  test("an empty secret, by which anybody could answer", async () => {
    const { status, log } = await tried(`radiusservers=127.0.0.1 radiussecrets=""""""`);
    expect({ status, log }).toEqual({ status: 2, log: ["00000 LOG:  RADIUS secret not specified"] });
  });

  test.each([
    { length: 253, status: 0, requests: 1, said: [] },
    {
      length: 254,
      status: 2,
      requests: 0,
      said: ['00000 LOG:  RADIUS identifier for server "127.0.0.1" is longer than 253 bytes'],
    },
  ])("an identifier of $length bytes: an attribute has 253", async ({ length, requests, status, said }) => {
    await using fake = await startFakeRadius((request, send) => send(answerTo(request)));
    const options = `radiusservers=127.0.0.1 radiussecrets=${secret} radiusports=${fake.port}`;
    expect(await tried(`${options} radiusidentifiers=${"i".repeat(length)}`)).toEqual({ status, log: said });
    expect(fake.requests).toHaveLength(requests);
  });

  test("a port that is none", async () => {
    const { status, log } = await tried(`radiusservers=127.0.0.1 radiussecrets=${secret} radiusports=67348`);
    expect(status).toBe(2);
    expect(log[0]).toContain('could not translate RADIUS server name "127.0.0.1" to address: Servname');
  });
});
