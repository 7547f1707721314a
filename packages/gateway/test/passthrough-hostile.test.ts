import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { encodeAuthentication, encodeReadyForQuery } from "@sallyport/wire";
import { challenge, errorResponse, fakeUpstream, ok, scram, script } from "./fake-upstream.ts";
import { run, setUp, startGate } from "./gate.ts";
import { end, hba, isReady, notAccepting, passthrough, wrong } from "./passing.ts";
import { heardIn, repliesTo } from "./raw-client.ts";

// upstream_auth = passthrough, before something that is no PostgreSQL: what it learns, and what the client is told.

describe("an upstream that is no friend", () => {
  let server: TestPostgres;
  let [salt, iterations] = ["", ""];

  beforeAll(async () => {
    server = await startPostgres();
    await run(server, [...setUp, "create database clear"]);
    const stored = await run(server, ["select rolpassword from pg_authid where rolname = 'app'"]);
    [, iterations = "", salt = ""] = /^SCRAM-SHA-256\$(\d+):([^$]*)\$/.exec(stored) ?? [];
  });

  afterAll(async () => {
    await server?.stop();
  });

  const final = (text: string): Buffer =>
    encodeAuthentication({ kind: "sasl_final", data: Buffer.from(text) });
  const first = (make: (nonce: string) => string) => script(scram, challenge(make));
  const fair = (nonce: string): string => `r=${nonce}evil,s=${salt},i=${iterations}`;
  const clear = encodeAuthentication({ kind: "cleartext_password" });
  const five = encodeAuthentication({ kind: "md5_password", salt: Buffer.from("salt") });

  type Trick = readonly [name: string, answer: () => (socket: Socket) => void, code: string, reason: string];
  const tricks: readonly Trick[] = [
    [
      "asks for two billion iterations",
      () => first((n) => `r=${n}evil,s=${salt},i=2147483648`),
      "28P01",
      "2147483648 iterations",
    ],
    ["asks for one iteration", () => first((n) => `r=${n}evil,s=${salt},i=1`), "28P01", "has 1 iterations"],
    [
      "has a salt of its own",
      () => first((n) => `r=${n}evil,s=AAAA,i=${iterations}`),
      "28P01",
      "another salt",
    ],
    [
      "has a nonce of its own",
      () => first(() => `r=evil,s=${salt},i=${iterations}`),
      "57P03",
      "nonce mismatch",
    ],
    [
      "gives the nonce back",
      () => first((n) => `r=${n},s=${salt},i=${iterations}`),
      "57P03",
      "nonce mismatch",
    ],
    ["asks for the password", () => script(clear), "57P03", "asks for what the client has not proved"],
    ["asks for an MD5 answer", () => script(five), "57P03", "asks for what the client has not proved"],
    [
      "has a wrong signature",
      () => script(scram, challenge(fair), final(`v=${"A".repeat(43)}=`)),
      "57P03",
      "signature",
    ],
    [
      "accepts without proving itself",
      () => script(scram, challenge(fair), ok),
      "57P03",
      "without proving itself",
    ],
    ["asks for the password behind it", () => script(scram, challenge(fair), clear), "57P03", "out of order"],
    ["refuses in its own words", () => script(errorResponse({ C: "28P01" })), "28P01", "evil words"],
    ["refuses the gateway", () => script(errorResponse()), "57P03", "evil words"],
  ].map(([name, answer, code, reason]) => [name, answer, code, reason] as Trick);

  test.for(tricks)("and %s", async ([, answer, code, reason]) => {
    const make = answer();
    await using fake = await fakeUpstream(server, make);
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    const replies = await repliesTo(gate.tcp, { user: "app" });
    const expected = code === "28P01" ? wrong : notAccepting;
    expect(heardIn(replies).at(-1)).toEqual(expected);
    expect(replies.some(({ kind }) => kind === "R 0")).toBe(code === "57P03");
    expect(Buffer.concat(replies.map(({ body }) => body)).toString("latin1")).not.toContain("evil words");
    expect(await gate.logged(`${code} FATAL`)).toContain(reason);
    expect(gate.log()).not.toContain("app-secret");
  });

  test("of a wrong salt or number of iterations gets no proof", async () => {
    await using fake = await fakeUpstream(
      server,
      first((n) => `r=${n}evil,s=AAAA,i=${iterations}`),
    );
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    await end(gate, { user: "app" });
    const said = fake.sessions.map(({ rest }) => rest().toString("latin1"));
    expect(said.length).toBeGreaterThan(0);
    for (const one of said) expect(one).not.toContain(",p=");
  });

  test("that asks for nothing gets none", async () => {
    await using fake = await fakeUpstream(server, script(Buffer.concat([ok, encodeReadyForQuery("I")])));
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    for (const { rest } of fake.sessions) expect(rest()).toHaveLength(0);
  });
});
