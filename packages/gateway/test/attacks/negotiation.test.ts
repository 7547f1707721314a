import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeGssencRequest, encodeQuery, encodeSslRequest } from "@sallyport/wire";
import { run } from "../gate.ts";
import { converse, isIn, outline, refusal } from "./conversation.ts";
import { startup } from "./lines.ts";
import { sameTo, startTwins } from "./twins.ts";
import type { Twins } from "./twins.ts";

const ssl = encodeSslRequest();
const gssenc = encodeGssencRequest();
/** Of a browser that wants TLS at once. */
const tlsHello = Buffer.from(
  "16030100520100004e0303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00000213010100002300000010000d000b0a706f737467726573716c000a00040002001d002b0003020304",
  "hex",
);

let twins: Twins;

beforeAll(async () => {
  twins = await startTwins({ hba: "host all all all trust\n" });
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

describe("a million requests for encryption, SSL and GSSAPI in turn", () => {
  const million = Buffer.concat(Array.from({ length: 500_000 }, () => [ssl, gssenc]).flat());

  test("in one stream: the first is answered, and that is all", async () => {
    const before = process.memoryUsage.rss();
    const talk = await converse(twins.ours, [million], "wait");
    // With so much unread the connection is reset, by a server as by the gateway, which may overtake the answer.
    expect(["N", "E"].slice(0, talk.heard.length)).toEqual(talk.heard.map(({ kind }) => kind));
    expect(talk.closed).toBe(true);
    expect(talk.milliseconds).toBeLessThan(10_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
  });

  test("each after the answer to the one before: the third is no request any more", async () => {
    const talk = await sameTo(twins, () => Array.from({ length: 10 }, () => [ssl, gssenc]).flat());
    expect(talk.heard.map(({ kind }) => kind)).toEqual(["N", "N", "E"]);
    expect(refusal(talk)).toContain("unsupported frontend protocol 1234.5679: server supports 3.0 to 3.2");
  });

  test("over ten thousand connections: each is answered, and none is left", async () => {
    const knock = async (): Promise<string> => outline(await converse(twins.ours, [ssl, gssenc, ssl])).join();
    for (let round = 0; round < 100; round += 1) {
      const answers = await Promise.all(Array.from({ length: 20 }, knock));
      expect(new Set(answers).size).toBe(1);
    }
    expect(isIn(await converse(twins.ours, [startup("app")]))).toBe(true);
  });
});

describe("what stands behind a request before it is answered is refused and never acted upon", () => {
  const behind: readonly (readonly [string, Buffer])[] = [
    ["a startup packet", startup("app")],
    ["a startup packet and a query", Buffer.concat([startup("app"), encodeQuery("create table stuffed ()")])],
    ["the other request", gssenc],
    ["a TLS hello", tlsHello],
    ["a byte", Buffer.of(0)],
  ];
  for (const [name, request] of [
    ["SSLRequest", ssl],
    ["GSSENCRequest", gssenc],
  ] as const) {
    test.for(behind)(`behind ${name}: %s`, async ([, bytes]) => {
      const talk = await sameTo(twins, () => [Buffer.concat([request, bytes])], "wait");
      expect(talk.heard.map(({ kind }) => kind)).toEqual(["N", "E"]);
      expect(refusal(talk)[1]).toMatch(/^received unencrypted data after (?:SSL|GSSAPI encryption) request$/);
    });
  }

  test("nor behind the second request, when the first was answered", async () => {
    for (const [one, other] of [
      [ssl, gssenc],
      [gssenc, ssl],
    ] as const) {
      const talk = await sameTo(twins, () => [one, Buffer.concat([other, startup("app")])], "wait");
      expect(talk.heard.map(({ kind }) => kind)).toEqual(["N", "N", "E"]);
    }
  });

  test("so nobody came in by it", async () => {
    expect(await run(twins.server, ["select to_regclass('stuffed')"])).toBe("");
    expect(twins.gate.log()).not.toMatch(/authori[sz]ed: user=app[^]*stuffed/);
  });
});

describe("TLS without a request", () => {
  test("is closed without a word on TCP", async () => {
    const talk = await sameTo(twins, () => [tlsHello], "wait");
    expect(outline(talk)).toEqual([]);
  });

  test("and on the Unix socket", async () => {
    const talk = await converse(twins.gate.unix, [tlsHello], "wait");
    expect([outline(talk), talk.closed]).toEqual([[], true]);
  });

  test("after a request that was answered N it is no startup packet either", async () => {
    const talk = await sameTo(twins, () => [ssl, tlsHello], "wait");
    expect(outline(talk)).toEqual(["N"]);
  });
});
