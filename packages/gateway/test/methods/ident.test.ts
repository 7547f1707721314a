import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { utf8Text } from "@sallyport/policy";
import { startOidentd } from "@sallyport/testkit";
import type { ServerChoice } from "@sallyport/testkit";
import { startFakeIdent } from "./fake-ident.ts";
import { identPort, takeIdentPort } from "./ident-port.ts";
import type { IdentPort } from "./ident-port.ts";
import { refusedHere, responses } from "./ident-responses.ts";
import { startPair } from "./pair.ts";
import type { BothStories, Pair } from "./pair.ts";

/** Each database has its rule. */
const rules: Record<string, string> = { plain: "ident", mapped: "ident map=m", anybody: "ident map=all" };
const databases = Object.keys(rules);
const hba = databases.map((name) => `host ${name} all all ${rules[name]}\n`).join("");
const ident = "m nobody app\nm bob app\nall /^.*$ app\n";
const statements = [
  ...databases.map((name) => `create database ${name}`),
  "create role nobody login",
  "create role root login",
];

let port: IdentPort;

beforeAll(async () => {
  port = await takeIdentPort();
}, 300_000);

afterAll(async () => {
  await port?.[Symbol.asyncDispose]();
});

beforeEach(({ skip }) => {
  skip(!port.usable, "somebody listens on port 113");
});

const servers: readonly ServerChoice[] = [
  { build: "embedded", major: 18 },
  { build: "debian", major: 15 },
];

describe.each(servers)("beside PostgreSQL $major of $build", (choice) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair(choice, { hba, ident, statements });
  });

  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
  });

  const same = async (...knock: Parameters<Pair["knock"]>): Promise<BothStories["gate"]> => {
    const { gate, postgres } = await pair.knock(...knock);
    expect({ knock, ...gate }).toEqual({ knock, ...postgres });
    return gate;
  };

  test.each(["127.0.0.1", "::1"])("a real oidentd says who is at %s", async (PGHOST) => {
    await using oidentd = await startOidentd(identPort);
    expect(oidentd.port).toBe(identPort);
    const asNobody = { env: { PGHOST }, osUser: "nobody" };
    const asOurselves = { env: { PGHOST } };
    expect((await same("plain", "nobody", asNobody)).status).toBe(0);
    expect((await same("plain", "root", asNobody)).status).toBe(2);
    expect((await same("plain", "root", asOurselves)).status).toBe(0);
    expect((await same("plain", "nobody", asOurselves)).status).toBe(2);
    expect((await same("mapped", "app", asNobody)).status).toBe(0);
    expect((await same("mapped", "nobody", asNobody)).status).toBe(2);
    expect((await same("mapped", "app", asOurselves)).status).toBe(2);
    expect((await same("anybody", "app", asOurselves)).log[0]).toContain('identity="root" method=ident');
  });

  test("nobody is there", async () => {
    const { status, log } = await same("mapped", "app");
    expect(status).toBe(2);
    expect(log[0]).toBe(
      'XX000|LOG:  could not connect to Ident server at address "127.0.0.1", port 113: Connection refused',
    );
  });

  test("whatever the Ident server says, the login fares as there, and the log says the same", async () => {
    await using fake = await startFakeIdent(identPort);
    for (const [response, user] of responses) {
      fake.behave(response);
      const { status, log } = await same("anybody", "app");
      expect({ response, status }).toEqual({ response, status: user === null ? 2 : 0 });
      expect(log[0]).toContain(
        user === null
          ? "LOG:  invalidly formatted response from Ident server: "
          : `connection authenticated: identity="${utf8Text(user).replaceAll("\n", "\n\t")}" method=ident`,
      );
    }
    fake.behave("1,2 : USERID : UNIX : bob\r\n");
    expect((await same("mapped", "app")).status).toBe(0);
    expect((await same("mapped", "root")).status).toBe(2);
    expect((await same("plain", "root")).status).toBe(2);
  });

  test("the first packet is the whole answer", async () => {
    await using fake = await startFakeIdent(identPort);
    fake.behave((socket) => void socket.write("1,2:USERID:UNIX:b"));
    const { status, log } = await same("anybody", "app");
    expect(status).toBe(2);
    expect(log[0]).toContain('invalidly formatted response from Ident server: "1,2:USERID:UNIX:b"');
  });

  test("one that resets the connection", async () => {
    await using fake = await startFakeIdent(identPort);
    fake.behave((socket) => void socket.resetAndDestroy());
    const { status, log } = await same("anybody", "app");
    expect(status).toBe(2);
    expect(log[0]).toBe(
      '08006|LOG:  could not receive response from Ident server at address "127.0.0.1", port 113: Connection reset by peer',
    );
  });

  test("what only PostgreSQL up to 18 takes for a name is none here", async () => {
    await using fake = await startFakeIdent(identPort);
    for (const response of refusedHere) {
      fake.behave(response);
      const { gate, postgres } = await pair.knock("anybody", "app");
      expect({ response, status: gate.status }).toEqual({ response, status: 2 });
      expect({ response, status: postgres.status }).toEqual({ response, status: 0 });
    }
  });
});
