import { once } from "node:events";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  encodeBind,
  encodeExecute,
  encodeMessage,
  encodeNoticeResponse,
  encodeParameterStatus,
  encodeParse,
  encodeQuery,
  encodeReadyForQuery,
  encodeSync,
  encodeTerminate,
  MessageReader,
} from "@sallyport/wire";
import type { ParameterStatus } from "@sallyport/wire";
import { connection, errorResponse, fields, lossWord, scene } from "../../test/relay-scene.ts";
import type { Scene } from "../../test/relay-scene.ts";
import { Relay } from "./relay.ts";

vi.setConfig({ testTimeout: 30_000 });

const nothing = Buffer.of();
const query = encodeQuery("select 1");
const ready = encodeReadyForQuery("I");
const complete = encodeMessage("C", Buffer.from("SELECT 1\0"));
const answer = Buffer.concat([encodeMessage("D", Buffer.alloc(9)), complete, ready]);
const parse = encodeParse("", "select 1");
const extended = Buffer.concat([parse, encodeBind("", []), encodeExecute()]);
const copyData = encodeMessage("d", Buffer.from("1\n"));
const copyDone = encodeMessage("c");
const flush = encodeMessage("H");
const functionCall = encodeMessage("F", Buffer.alloc(12));
const copyIn = encodeMessage("G", Buffer.from("\0\0\0", "latin1"));
const copyOut = encodeMessage("H", Buffer.from("\0\0\0", "latin1"));
const copyBoth = encodeMessage("W", Buffer.from("\0\0\0", "latin1"));
const failed = errorResponse("ERROR", "42601", "syntax error");
const notice = encodeNoticeResponse(fields("NOTICE", "00000", "a note"));
const report = encodeParameterStatus({ name: "TimeZone", value: "UTC" });
const notification = encodeMessage("A", Buffer.from("\0\0\0\x01channel\0\0", "latin1"));

const both = { client: true, upstream: true };

async function keeping(): Promise<Scene> {
  return await scene(both, { keepUpstream: true });
}

/** Both sides say this, in turn, and the client says goodbye. */
async function kept(
  it: Scene,
  turns: readonly (readonly [asked: Buffer, answered: Buffer])[],
): Promise<unknown> {
  let [toUpstream, toClient] = [0, 0];
  for (const [asked, answered] of turns) {
    it.client.write(asked);
    await it.heardByUpstream.atLeast((toUpstream += asked.length));
    it.upstream.write(answered);
    await it.heardByClient.atLeast((toClient += answered.length));
  }
  it.client.write(encodeTerminate());
  it.client.end();
  const closed = it.heardByUpstream.all().then(() => it.upstream.end());
  const end = await it.relay.ended;
  if (end.by === "parting" && !end.kept) await closed;
  return end;
}

describe("an upstream at rest is kept", () => {
  test.for([
    ["nothing at all", []],
    ["a query that is answered", [[query, answer]]],
    [
      "queries that are answered together",
      [[Buffer.concat([query, query]), Buffer.concat([answer, answer])]],
    ],
    ["a call of a function", [[functionCall, Buffer.concat([encodeMessage("V", Buffer.alloc(4)), ready])]]],
    ["an error", [[query, Buffer.concat([failed, ready])]]],
    ["a prepared statement", [[Buffer.concat([extended, encodeSync()]), answer]]],
    [
      "a flush, and then a sync",
      [
        [Buffer.concat([extended, flush]), complete],
        [encodeSync(), ready],
      ],
    ],
    [
      "a COPY in",
      [
        [query, copyIn],
        [Buffer.concat([copyData, copyDone]), Buffer.concat([complete, ready])],
      ],
    ],
    ["a COPY out", [[query, Buffer.concat([copyOut, copyData, copyDone, complete, ready])]]],
    [
      "the data of a COPY that has failed",
      [
        [query, copyIn],
        [copyData, Buffer.concat([failed, ready])],
        [Buffer.concat([copyData, copyDone]), nothing],
      ],
    ],
    [
      "a transaction that has ended",
      [
        [query, encodeReadyForQuery("T")],
        [query, ready],
      ],
    ],
    ["what a server says unasked", [[query, Buffer.concat([answer, notice, report, notification])]]],
  ] as const)("behind %s", async ([, turns]) => {
    await using it = await keeping();
    expect(await kept(it, turns)).toEqual({ by: "parting", kept: true });
    expect(it.heardByUpstream.bytes()).toEqual(Buffer.concat(turns.map(([asked]) => asked)));
    expect(await it.heardByClient.all()).toEqual(Buffer.concat(turns.map(([, answered]) => answered)));
  });

  test.for(["shut", "destroyed", "reset"] as const)(
    "when the client leaves without a word: %s",
    async (how) => {
      await using it = await keeping();
      it.client.write(query);
      await it.heardByUpstream.atLeast(query.length);
      it.upstream.write(answer);
      await it.heardByClient.atLeast(answer.length);
      if (how === "shut") it.client.end();
      else if (how === "destroyed") it.client.destroy();
      else it.client.resetAndDestroy();
      expect(await it.relay.ended).toEqual({ by: "parting", kept: true });
      expect(it.heardByUpstream.bytes()).toEqual(query);
    },
  );

  test("when the client had left before it began", async () => {
    const [client, nearClient] = await connection(true);
    const [nearUpstream, upstream] = await connection(false);
    client.destroy();
    nearClient.destroy();
    const relay = new Relay(nearClient, nearUpstream, { lossWord, keepUpstream: true });
    relay.start(nothing, nothing);
    expect(await relay.ended).toEqual({ by: "parting", kept: true });
    upstream.destroy();
    nearUpstream.destroy();
  });

  test("and whoever has it next reads all that it says, and nobody else does", async () => {
    await using it = await keeping();
    expect(await kept(it, [[query, answer]])).toEqual({ by: "parting", kept: true });
    const { nearUpstream } = it;
    it.upstream.write(Buffer.concat([notice, notification]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const ours = ["data", "drain", "end"].map((name) => nearUpstream.listenerCount(name));
    expect(ours).toEqual([0, 0, 1]); // the socket's own
    const reader = new MessageReader(nearUpstream);
    it.upstream.write(ready);
    for (const type of ["N", "A", "Z"]) expect((await reader.readMessage(1000)).type).toBe(type);
    const [client, nearClient] = await connection(true);
    const next = new Relay(nearClient, nearUpstream, { lossWord, keepUpstream: true });
    next.start(nothing, reader.release());
    client.write(query);
    await it.heardByUpstream.atLeast(2 * query.length);
    it.upstream.write(answer);
    const [heard] = (await once(client, "data")) as [Buffer];
    expect(heard).toEqual(answer);
    client.end(encodeTerminate());
    expect(await next.ended).toEqual({ by: "parting", kept: true });
  });

  test("with a client that does not read what it asked for: after a while it is left", async () => {
    await using it = await scene({ client: false, upstream: true }, { keepUpstream: true, patience: 300 });
    it.client.write(query);
    await it.heardByUpstream.atLeast(query.length);
    const rows = Buffer.concat(Array.from({ length: 3000 }, () => encodeMessage("D", Buffer.alloc(1000))));
    it.upstream.write(Buffer.concat([rows, ready]));
    it.client.write(encodeTerminate());
    it.client.end();
    await it.heardByUpstream.all();
    it.upstream.end();
    expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
  });
});

describe("an upstream that may be at work is not", () => {
  test.for([
    ["a query that is not answered", [[query, nothing]]],
    ["one that is answered in part", [[query, answer.subarray(0, -ready.length)]]],
    ["one of two that is", [[Buffer.concat([query, query]), answer]]],
    ["a call of a function", [[functionCall, nothing]]],
    ["a transaction", [[query, encodeReadyForQuery("T")]]],
    ["a failed transaction", [[query, encodeReadyForQuery("E")]]],
    ["what no sync follows", [[extended, complete]]],
    ["what no sync follows, when a query before it is answered", [[Buffer.concat([query, parse]), answer]]],
    ["a flush", [[Buffer.concat([extended, encodeSync(), flush]), answer]]],
    [
      "a COPY in",
      [
        [query, copyIn],
        [copyData, nothing],
      ],
    ],
    ["a COPY out", [[query, Buffer.concat([copyOut, copyData])]]],
    [
      "a COPY both ways",
      [
        [query, copyBoth],
        [copyData, copyData],
      ],
    ],
    [
      "a sync within a COPY in, that is never answered",
      [
        [query, copyIn],
        [Buffer.concat([encodeSync(), copyDone]), Buffer.concat([complete, ready])],
      ],
    ],
    [
      "a query that was skipped behind an error",
      [[Buffer.concat([parse, query, encodeSync()]), Buffer.concat([failed, ready])]],
    ],
    ["what only a password is for", [[encodeMessage("p", Buffer.from("x\0")), nothing]]],
    ["what nobody knows", [[encodeMessage("?"), nothing]]],
    ["a ready that nobody asked for", [[query, Buffer.concat([answer, ready])]]],
    ["rows that nobody asked for", [[query, Buffer.concat([answer, encodeMessage("D", Buffer.alloc(3))])]]],
    [
      "rows that nobody asked for, and a notice",
      [[query, Buffer.concat([answer, encodeMessage("D", Buffer.alloc(3)), notice])]],
    ],
    [
      "a last word",
      [[query, Buffer.concat([answer, errorResponse("FATAL", "57P05", "idle-session timeout")])]],
    ],
    [
      "the notice of a shutdown",
      [[query, Buffer.concat([answer, encodeNoticeResponse(fields("WARNING", "57P01", "shutdown"))])]],
    ],
    [
      "a parameter that is none",
      [[query, Buffer.concat([encodeMessage("S", Buffer.from("TimeZone")), answer])]],
    ],
    [
      "a parameter too long to be held",
      [[query, Buffer.concat([encodeParameterStatus({ name: "a", value: "b".repeat(200_000) }), answer])]],
    ],
    ["a length that cannot be", [[query, Buffer.concat([answer, Buffer.from("D\0\0\0\x01", "latin1")])]]],
  ] as const)("behind %s", async ([, turns]) => {
    await using it = await keeping();
    expect(await kept(it, turns)).toEqual({ by: "parting", kept: false });
    const said = [...turns.map(([asked]) => asked), encodeTerminate()];
    expect(await it.heardByUpstream.all()).toEqual(Buffer.concat(said));
  });

  test("when a goodbye comes with what it does not wait for", async () => {
    await using it = await keeping();
    const end = Buffer.concat([query, encodeTerminate()]);
    it.client.write(end);
    await it.heardByUpstream.atLeast(end.length);
    it.upstream.write(answer);
    await it.heardByClient.atLeast(answer.length);
    it.client.end();
    expect(await it.heardByUpstream.all()).toEqual(Buffer.concat([query, encodeTerminate()]));
    it.upstream.end();
    expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
  });

  test.for([
    ["half a message", query.subarray(0, 7)],
    ["half a head", query.subarray(0, 3)],
    ["half a goodbye", encodeTerminate().subarray(0, 3)],
    ["a goodbye with something in it", encodeMessage("X", Buffer.from("?"))],
    ["a length that cannot be", Buffer.from("Q\0\0\0\x01", "latin1")],
  ] as const)("when a client leaves with %s: the upstream hears it", async ([, last]) => {
    await using it = await keeping();
    it.client.end(last);
    expect(await it.heardByUpstream.all()).toEqual(last);
    it.upstream.end();
    expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
  });

  test("half a message of the upstream", async () => {
    await using it = await keeping();
    it.upstream.write(Buffer.concat([notice, notice.subarray(0, 9)]));
    await it.heardByClient.atLeast(notice.length);
    await new Promise((resolve) => setTimeout(resolve, 50));
    it.client.end();
    await it.heardByUpstream.all();
    it.upstream.end();
    expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
  });

  test("an upstream that has ended, or that is ended by us", async () => {
    await using lost = await keeping();
    lost.upstream.end();
    expect(await lost.heardByClient.all()).toEqual(lossWord);
    lost.client.end();
    expect((await lost.relay.ended).by).toBe("loss");
    await using stopped = await keeping();
    stopped.relay.terminate(errorResponse("FATAL", "57P01", "we stop"));
    expect(await stopped.heardByUpstream.all()).toEqual(encodeTerminate());
    expect(await stopped.relay.ended).toEqual({ by: "us" });
  });

  test("if nobody asked for that", async () => {
    await using it = await scene();
    expect(await kept(it, [[query, answer]])).toEqual({ by: "parting", kept: false });
    expect(it.heardByUpstream.bytes()).toEqual(Buffer.concat([query, encodeTerminate()]));
  });
});

/** What a client may say that waits for its answers, with those, and whether a server is at rest then. */
const turn = fc.constantFrom<readonly [asked: Buffer, answered: Buffer]>(
  [query, answer],
  [Buffer.concat([extended, encodeSync()]), Buffer.concat([notice, answer])],
  [Buffer.concat([copyData, copyDone]), nothing],
  [encodeSync(), Buffer.concat([ready, report])],
  [functionCall, Buffer.concat([encodeMessage("V", Buffer.alloc(70_000)), ready])],
);

/** In pieces, each of which leaves by itself. */
async function writeCut(socket: Scene["client"], bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let at = 0;
  for (const place of places) {
    socket.write(bytes.subarray(at, place));
    at = place;
    await new Promise(setImmediate);
  }
}

test("wherever messages are cut: kept, and the upstream has heard all but the goodbye", async () => {
  const cuts = fc.array(fc.nat(), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(turn, { maxLength: 4 }),
      cuts,
      cuts,
      cuts,
      async (turns, asks, answers, last) => {
        const reports: ParameterStatus[] = [];
        await using it = await scene(both, { keepUpstream: true, onReport: (one) => reports.push(one) });
        const [asked, answered] = [0, 1].map((side) =>
          Buffer.concat(turns.map((one) => one[side] ?? nothing)),
        );
        await writeCut(it.client, asked ?? nothing, asks);
        await it.heardByUpstream.atLeast(asked?.length ?? 0);
        await writeCut(it.upstream, answered ?? nothing, answers);
        await it.heardByClient.atLeast(answered?.length ?? 0);
        await writeCut(it.client, encodeTerminate(), last);
        expect(await it.relay.ended).toEqual({ by: "parting", kept: true });
        expect(it.heardByUpstream.bytes()).toEqual(asked);
        expect(it.heardByClient.bytes().equals(answered ?? nothing)).toBe(true);
        const expected = turns.filter(([ask]) => ask.equals(encodeSync()));
        expect(reports).toEqual(expected.map(() => ({ name: "TimeZone", value: "UTC" })));
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
