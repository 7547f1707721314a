import type { Socket } from "node:net";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  encodeMessage,
  encodeNoticeResponse,
  encodeQuery,
  encodeReadyForQuery,
  encodeSync,
  encodeTerminate,
} from "@sallyport/wire";
import { connection, earOf, errorResponse, fields, lossWord, scene } from "../../test/relay-scene.ts";
import type { Scene } from "../../test/relay-scene.ts";
import { Relay } from "./relay.ts";

// A relay that hangs is to be told from a machine that is slow.
vi.setConfig({ testTimeout: 30_000 });

const stopWord = errorResponse("FATAL", "57P01", "we stop");

const readings = ["direct", "stream"] as const;
const bothRead = { client: true, upstream: true };

const row = (length: number): Buffer => encodeMessage("D", Buffer.alloc(length, "r"));
const ready = encodeReadyForQuery("I");

/** Larger than what is held back of a message. */
const large = 200_000;

describe("bytes pass both ways", () => {
  test("with what had been read of either side before it began", async () => {
    const [client, nearClient] = await connection(true);
    const [nearUpstream, upstream] = await connection(false);
    const [heardByClient, heardByUpstream] = [earOf(client), earOf(upstream)];
    upstream.resume();
    new Relay(nearClient, nearUpstream, { lossWord }).start(encodeQuery("early"), row(3));
    client.write(encodeSync());
    upstream.write(ready);
    await heardByUpstream.atLeast(encodeQuery("early").length + 5);
    await heardByClient.atLeast(row(3).length + ready.length);
    expect(heardByUpstream.bytes()).toEqual(Buffer.concat([encodeQuery("early"), encodeSync()]));
    expect(heardByClient.bytes()).toEqual(Buffer.concat([row(3), ready]));
    client.destroy();
    upstream.destroy();
  });

  test.for(readings)("messages of every length, in order: %s", async (by) => {
    await using it = await scene(bothRead, {}, by);
    const lengths = [0, 1, 65_530, 65_531, 65_532, 65_536, 65_537, large, 3_000_000, 2];
    const all = Buffer.concat(lengths.map(row));
    it.upstream.write(all);
    await it.heardByClient.atLeast(all.length);
    expect(it.heardByClient.bytes().equals(all)).toBe(true);
    it.client.write(all);
    await it.heardByUpstream.atLeast(all.length);
    expect(it.heardByUpstream.bytes().equals(all)).toBe(true);
  });

  test("a whole message does not wait for the next, and a large one not for its end", async () => {
    await using it = await scene();
    const [first, second] = [row(10), row(100)];
    it.upstream.write(Buffer.concat([first, second.subarray(0, 50)]));
    await it.heardByClient.atLeast(first.length);
    expect(it.heardByClient.bytes()).toEqual(first);
    it.upstream.write(second.subarray(50));
    await it.heardByClient.atLeast(first.length + second.length);
    const half = row(large).subarray(0, large / 2);
    it.upstream.write(half);
    await it.heardByClient.atLeast(first.length + second.length + half.length);
    expect(it.heardByClient.bytes().equals(Buffer.concat([first, second, half]))).toBe(true);
  });
});

/** What a client hears of an upstream that says this much of its messages and is gone. */
function expectedOf(messages: readonly Buffer[], said: number): Buffer {
  const all = Buffer.concat(messages);
  let boundary = 0;
  for (const { length } of messages)
    if (boundary + length <= said) boundary += length;
    else break;
  const held = said - boundary;
  return held > 65_536 ? all.subarray(0, said) : Buffer.concat([all.subarray(0, boundary), lossWord]);
}

test.for(readings)(
  "wherever messages are cut, and the upstream with them: whole ones, then the last word: %s",
  { timeout: 60_000 },
  async (by) => {
    const lengths = fc.array(fc.oneof(fc.nat(40), fc.nat(40), fc.integer({ min: 60_000, max: 150_000 })), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(), fc.array(fc.nat()), async (all, end, cuts) => {
        const messages = all.map(row);
        const bytes = Buffer.concat(messages);
        const said = end % (bytes.length + 1);
        const places = [...cuts.map((cut) => cut % (said + 1)), said].toSorted((a, b) => a - b);
        await using it = await scene(bothRead, {}, by);
        let at = 0;
        for (const place of places) {
          it.upstream.write(bytes.subarray(at, place));
          at = place;
          await new Promise(setImmediate);
        }
        it.upstream.end();
        expect((await it.heardByClient.all()).equals(expectedOf(messages, said))).toBe(true);
        const reason = "The upstream closed the connection.";
        it.client.end();
        expect(await it.relay.ended).toEqual({ by: "loss", reason });
      }),
      { numRuns: 60 },
    );
  },
);

describe("an upstream that is lost", () => {
  test("at a boundary: the client hears the last word, and the log the cause", async () => {
    await using it = await scene();
    it.client.write(encodeQuery("select 1"));
    await it.heardByUpstream.atLeast(5);
    it.upstream.write(Buffer.concat([row(1), ready]));
    await it.heardByClient.atLeast(row(1).length + ready.length);
    it.upstream.resetAndDestroy();
    expect(await it.heardByClient.all()).toEqual(Buffer.concat([row(1), ready, lossWord]));
    expect(await it.relay.ended).toEqual({
      by: "loss",
      reason: "The connection to the upstream broke: read ECONNRESET",
    });
  });

  test("within a message that was held back: its beginning is never heard", async () => {
    await using it = await scene();
    it.upstream.write(Buffer.concat([row(1), row(60_000).subarray(0, 59_000)]));
    await it.heardByClient.atLeast(row(1).length);
    it.upstream.end();
    expect(await it.heardByClient.all()).toEqual(Buffer.concat([row(1), lossWord]));
  });

  test("within a large one: what was said is heard, and there is no place for a word", async () => {
    await using it = await scene();
    const said = Buffer.concat([row(1), row(large).subarray(0, large - 7)]);
    it.upstream.end(said);
    expect((await it.heardByClient.all()).equals(said)).toBe(true);
  });

  test.for([
    ["a FATAL", errorResponse("FATAL", "57P01", "terminating connection due to administrator command")],
    ["a FATAL of another kind", errorResponse("FATAL", "57P05", "idle-session timeout")],
    ["a PANIC", errorResponse("PANIC", "XX000", "no space left")],
    [
      "the notice of an immediate shutdown",
      encodeNoticeResponse(fields("WARNING", "57P01", "terminating connection due to immediate shutdown")),
    ],
    [
      "the notice of a crash",
      encodeNoticeResponse(fields("WARNING", "57P02", "terminating connection because of crash")),
    ],
  ] as const)("behind %s: it has said so itself, whole or in pieces", async ([, word]) => {
    for (const cut of [word.length, 3, word.length - 1]) {
      await using it = await scene();
      it.upstream.write(word.subarray(0, cut));
      await new Promise(setImmediate);
      it.upstream.end(word.subarray(cut));
      expect(await it.heardByClient.all()).toEqual(word);
      it.client.end();
      expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
    }
  });

  test.for([
    ["an ERROR", errorResponse("ERROR", "22012", "division by zero")],
    ["a notice", encodeNoticeResponse(fields("NOTICE", "00000", "a note"))],
    ["an error of no PostgreSQL", encodeMessage("E", Buffer.from("Snonsense"))],
    ["a FATAL and something else", Buffer.concat([errorResponse("FATAL", "57P01", "bye"), ready])],
  ] as const)("behind %s: that was no last word", async ([, said]) => {
    await using it = await scene();
    it.upstream.end(said);
    expect(await it.heardByClient.all()).toEqual(Buffer.concat([said, lossWord]));
  });

  test("while the client does not read: all of it is there when it does", async () => {
    await using it = await scene({ client: false, upstream: true });
    const said = Buffer.concat(Array.from({ length: 3000 }, () => row(1000)));
    it.upstream.end(said);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(it.heardByClient.length()).toBe(0);
    it.client.resume();
    expect((await it.heardByClient.all()).equals(Buffer.concat([said, lossWord]))).toBe(true);
  });

  test("before it began: the client hears so at once", async () => {
    const [client, nearClient] = await connection(true);
    const [nearUpstream, upstream] = await connection(false);
    const heard = earOf(client);
    upstream.destroy();
    nearUpstream.destroy();
    const relay = new Relay(nearClient, nearUpstream, { lossWord });
    relay.start(Buffer.of(), Buffer.of());
    expect(await heard.all()).toEqual(lossWord);
    client.destroy();
    expect((await relay.ended).by).toBe("loss");
  });
});

describe("a client that goes", () => {
  test("with a last word: the upstream hears it, and nobody hears of a loss", async () => {
    await using it = await scene();
    it.client.write(encodeTerminate());
    await it.heardByUpstream.atLeast(encodeTerminate().length);
    it.upstream.end();
    expect(await it.heardByClient.all()).toEqual(Buffer.of());
    it.client.end();
    expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
  });

  test("by shutting its side: it hears the answer to what it asked before", async () => {
    await using it = await scene();
    it.client.end(encodeQuery("select 1"));
    expect(await it.heardByUpstream.all()).toEqual(encodeQuery("select 1"));
    it.upstream.end(Buffer.concat([row(1), ready]));
    expect(await it.heardByClient.all()).toEqual(Buffer.concat([row(1), ready]));
    expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
  });

  test.for(["reset", "closed"] as const)("without a word, %s: the upstream is left", async (how) => {
    await using it = await scene();
    it.client.write(encodeQuery("select 1"));
    await it.heardByUpstream.atLeast(5);
    if (how === "reset") it.client.resetAndDestroy();
    else it.client.destroy();
    await it.heardByUpstream.all();
    it.upstream.destroy();
    expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
  });

  test("in the middle of an answer without an end", async () => {
    await using it = await scene();
    const more = (): void => {
      while (it.upstream.writable && it.upstream.write(row(10_000)));
    };
    it.upstream.on("drain", more);
    more();
    await it.heardByClient.atLeast(1_000_000);
    it.client.destroy();
    expect(await it.relay.ended).toEqual({ by: "parting", kept: false });
  });
});

/** Writes for as long as the other side takes it; how much that was when it took no more for half a second. */
async function flood(socket: Socket): Promise<number> {
  const message = row(10_000);
  let [written, before] = [0, -1];
  while (written !== before) {
    before = written;
    const more = (): void => {
      // The system's buffers are to be filled, and not ours.
      while (socket.writable && socket.writableLength < 1_000_000) {
        socket.write(message);
        written += message.length;
      }
    };
    more();
    socket.on("drain", more);
    await new Promise((resolve) => setTimeout(resolve, 500));
    socket.off("drain", more);
  }
  return written;
}

describe("whoever writes waits for whoever does not read", () => {
  test.for(readings.flatMap((by) => (["client", "upstream"] as const).map((slow) => [slow, by] as const)))(
    "%s, %s",
    async ([slow, by]) => {
      const reading = { client: slow !== "client", upstream: slow !== "upstream" };
      await using it = await scene(reading, {}, by);
      const [fast, reader, heard] =
        slow === "client"
          ? [it.upstream, it.client, it.heardByClient]
          : [it.client, it.upstream, it.heardByUpstream];
      const before = process.memoryUsage().arrayBuffers;
      const written = await flood(fast);
      // Two connections' buffers of the system, a few megabytes each, and next to nothing of ours.
      expect(written).toBeLessThan(64_000_000);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000);
      reader.resume();
      await heard.atLeast(written);
      expect(heard.length()).toBe(written);
    },
  );
});

describe("when we end it", () => {
  test("the client hears why and the upstream that we go", async () => {
    await using it = await scene();
    expect(it.relay.busy).toBe(false);
    it.relay.terminate(stopWord);
    expect(await it.heardByClient.all()).toEqual(stopWord);
    expect(await it.heardByUpstream.all()).toEqual(encodeTerminate());
    it.client.end();
    it.upstream.end();
    expect(await it.relay.ended).toEqual({ by: "us" });
  });

  test("while a query runs: what is answered from then on is not heard", async () => {
    await using it = await scene();
    it.client.write(encodeQuery("select 1"));
    await it.heardByUpstream.atLeast(5);
    it.upstream.write(Buffer.concat([row(1), row(9).subarray(0, 6)]));
    await it.heardByClient.atLeast(row(1).length);
    expect(it.relay.busy).toBe(true);
    it.relay.terminate(stopWord);
    it.upstream.end(Buffer.concat([row(9).subarray(6), ready]));
    expect(await it.heardByClient.all()).toEqual(Buffer.concat([row(1), stopWord]));
    it.client.end();
    expect(await it.relay.ended).toEqual({ by: "us" });
  });

  test("while the client is in the middle of a message: the upstream gets no word within it", async () => {
    await using it = await scene();
    const half = encodeQuery("select 1").subarray(0, 9);
    it.client.write(half);
    await it.heardByUpstream.atLeast(half.length);
    it.relay.terminate(stopWord);
    expect(await it.heardByUpstream.all()).toEqual(half);
    expect(await it.heardByClient.all()).toEqual(stopWord);
  });

  test("while a large message passes: it is cut, and no word said within it", async () => {
    await using it = await scene();
    const half = row(large).subarray(0, large / 2);
    it.upstream.write(half);
    await it.heardByClient.atLeast(half.length);
    it.relay.terminate(stopWord);
    expect((await it.heardByClient.all()).equals(half)).toBe(true);
  });

  test("a client that does not read, and an upstream that never ends, are not waited for", async () => {
    await using it = await scene({ client: false, upstream: false });
    await Promise.all([flood(it.upstream), flood(it.client)]);
    it.relay.terminate(stopWord);
    expect(await it.relay.ended).toEqual({ by: "us" });
  });

  test("nor a client that does not read what a lost upstream has left", async () => {
    await using it = await scene({ client: false, upstream: true });
    await flood(it.upstream);
    it.upstream.destroy();
    it.relay.terminate(stopWord);
    expect(["us", "loss"]).toContain((await it.relay.ended).by);
  });

  test("once is enough", async () => {
    await using it = await scene();
    it.relay.terminate(stopWord);
    it.relay.terminate(stopWord);
    it.upstream.destroy();
    expect(await it.heardByClient.all()).toEqual(stopWord);
  });
});

describe("busy", () => {
  const answered = async ({ upstream, heardByClient }: Scene, answer: Buffer): Promise<void> => {
    const before = heardByClient.length();
    upstream.write(answer);
    await heardByClient.atLeast(before + answer.length);
  };

  test("from the first message on until everything has been answered", async () => {
    await using it = await scene();
    it.client.write(Buffer.concat([encodeQuery("one"), encodeQuery("two"), encodeSync()]));
    await it.heardByUpstream.atLeast(15);
    for (const still of [true, true, false]) {
      await answered(it, ready);
      expect(it.relay.busy).toBe(still);
    }
    it.client.write(encodeMessage("P", Buffer.from("\0select\0\0\0", "latin1")));
    await it.heardByUpstream.atLeast(16);
    await answered(it, encodeMessage("1", Buffer.of()));
    expect(it.relay.busy).toBe(true);
  });

  test("also with half a message", async () => {
    await using it = await scene();
    it.client.write(Buffer.from("Q\0"));
    await it.heardByUpstream.atLeast(2);
    expect(it.relay.busy).toBe(true);
  });
});

describe("lengths that cannot be", () => {
  test.for([0, 3, -1, -(2 ** 31)])(
    "%s of the upstream: it passes, and nothing is said behind it",
    async (n) => {
      await using it = await scene();
      const said = Buffer.concat([ready, Buffer.from("Dxxxxnonsense"), ready]);
      said.writeInt32BE(n, ready.length + 1);
      it.upstream.end(said);
      expect(await it.heardByClient.all()).toEqual(said);
    },
  );

  test("two thousand million of either side: nothing is kept of it but a number", async () => {
    await using it = await scene();
    const head = Buffer.from("D\x7f\xff\xff\xff", "latin1");
    const before = process.memoryUsage().arrayBuffers;
    for (const [from, ear] of [
      [it.upstream, it.heardByClient],
      [it.client, it.heardByUpstream],
    ] as const) {
      from.write(Buffer.concat([head, Buffer.alloc(large)]));
      await ear.atLeast(5 + large);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000);
  });

  test("of the client are the upstream's to judge", async () => {
    await using it = await scene();
    const said = Buffer.from("Q\0\0\0\x03nonsense", "latin1");
    it.client.write(said);
    await it.heardByUpstream.atLeast(said.length);
    expect(it.heardByUpstream.bytes()).toEqual(said);
    expect(it.relay.busy).toBe(true);
  });
});
