import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodeCancelRequest } from "@sallyport/wire";
import type { BackendKey } from "@sallyport/wire";
import { CancelKeys } from "./cancel-keys.ts";
import type { Cancellable, IssuedKey } from "./cancel-keys.ts";

/** An upstream that takes cancel requests: what it was told, and when it closes. */
const taken: Buffer[] = [];
let hold: Promise<void> = Promise.resolve();
const upstream = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.on("data", (packet: Buffer) => {
    taken.push(packet);
    void hold.then(() => socket.end());
  });
});
let port: number;

beforeAll(async () => {
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  port = (upstream.address() as AddressInfo).port;
});

afterAll(() => {
  upstream.close();
});

const nodeKey = Buffer.alloc(32, 7);

const entries: string[] = [];
const log = { log: (severity: string, message: string) => void entries.push(`${severity}:  ${message}`) };

beforeEach(() => {
  taken.length = 0;
  entries.length = 0;
});

const upstreamKey = (processId: number): BackendKey => ({ processId, secretKey: Buffer.from("true") });

function sessionOf(processId: number): Cancellable {
  return { backendKey: upstreamKey(processId), target: { host: "127.0.0.1", address: "127.0.0.1", port } };
}

function issue(keys: CancelKeys, processId: number, minor = 0): IssuedKey {
  const issued = keys.issue({ current: sessionOf(processId) }, 1, { major: 3, minor });
  if (issued === null) throw new Error("there was no key");
  return issued;
}

const wrong = (processId: number, secretKey: Buffer = Buffer.from("guess")): BackendKey => ({
  processId,
  secretKey,
});

describe("a session that somebody has cancelled", () => {
  const late = (): Cancellable => ({ ...sessionOf(9), target: { host: "/nonexistent", port: 5432 } });

  test("may be met by that until the upstream has taken it", async () => {
    const keys = new CancelKeys(nodeKey);
    const session = sessionOf(9);
    const sent = keys.cancel(session, "source", log);
    expect(keys.mayMeet(session)).toBe(true);
    await sent;
    expect(keys.mayMeet(session)).toBe(false);
  });

  test("and for ever, if nobody knows whether it has", async () => {
    const keys = new CancelKeys(nodeKey);
    const session = late();
    expect(await keys.cancel(session, "source", log)).toBe(false);
    expect(keys.mayMeet({ ...session })).toBe(true);
  });

  test("but what is not open yet does nothing that could be cancelled", async () => {
    const keys = new CancelKeys(nodeKey);
    const backed: { current: Cancellable | null } = { current: null };
    const issued = keys.issue(backed, 4711, { major: 3, minor: 0 });
    expect(issued?.key.processId).toBe(4711);
    expect(await keys.request(issued?.key ?? wrong(1), "source", log)).toBe("sent");
    expect(taken).toEqual([]);
    backed.current = sessionOf(9);
    await keys.request(issued?.key ?? wrong(1), "source", log);
    expect(taken).toEqual([encodeCancelRequest(upstreamKey(9))]);
  });
});

describe("a key", () => {
  test("stands for the upstream's, and is another", async () => {
    const keys = new CancelKeys(nodeKey);
    const { key } = issue(keys, 7);
    expect(key.processId).toBe(7);
    expect(key.secretKey).not.toEqual(Buffer.from("true"));
    await keys.request(key, "source", log);
    expect(taken).toEqual([encodeCancelRequest(upstreamKey(7))]);
    expect(entries).toEqual(["DEBUG2:  processing cancel request: sending SIGINT to process 7"]);
  });

  test("has 4 bytes, from protocol 3.2 on 32", () => {
    const keys = new CancelKeys(nodeKey);
    const lengths = [0, 1, 2, 3].map((minor) => issue(keys, 7, minor).key.secretKey.length);
    expect(lengths).toEqual([4, 4, 32, 32]);
  });

  test("is nothing once it is revoked, and says so as one that never was", async () => {
    const keys = new CancelKeys(nodeKey);
    const { key, revoke } = issue(keys, 7);
    revoke();
    await keys.request(key, "source", log);
    expect(taken).toEqual([]);
    expect(entries).toEqual(["LOG:  PID 7 in cancel request did not match any process"]);
  });

  test("of one of two servers is not taken for that of the other, where both have a process of the number", async () => {
    const keys = new CancelKeys(nodeKey);
    const [first, second] = [issue(keys, 7), issue(keys, 7)];
    first.revoke();
    first.revoke();
    await keys.request(second.key, "source", log);
    await keys.request(first.key, "source", log);
    expect(taken).toEqual([encodeCancelRequest(upstreamKey(7))]);
    expect(entries.at(-1)).toBe("LOG:  wrong key in cancel request for process 7");
  });

  test("is not there if the upstream gave none", () => {
    const session = { ...sessionOf(7), backendKey: null };
    expect(new CancelKeys(nodeKey).issue({ current: session }, 1, { major: 3, minor: 0 })).toBeNull();
  });
});

test.for([1, 3, 5, 32, 256])("a key of %s bytes is wrong, where 4 were given", async (length) => {
  const keys = new CancelKeys(nodeKey);
  issue(keys, 7);
  await keys.request(wrong(7, Buffer.alloc(length)), "source", log);
  expect(taken).toEqual([]);
  expect(entries).toEqual(["LOG:  wrong key in cancel request for process 7"]);
});

describe("a long key", () => {
  const long = (keys: CancelKeys, processId = 7): IssuedKey => issue(keys, processId, 2);

  test("is another each time, and of no two is the rest the same", () => {
    const keys = new CancelKeys(nodeKey);
    const parts = Array.from({ length: 100 }, () => long(keys).key.secretKey.toString("hex"));
    expect(new Set(parts.map((key) => key.slice(16, 32))).size).toBe(100);
    expect(new Set(parts.map((key) => key.slice(32))).size).toBe(100);
  });

  test("of which one bit is another is wrong, and so is one for another process", async () => {
    const keys = new CancelKeys(nodeKey);
    const { processId, secretKey } = long(keys).key;
    long(keys, 8);
    for (let bit = 0; bit < 256; bit += 1) {
      const changed = Buffer.from(secretKey);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      // Each from elsewhere, or most were not looked at.
      expect(await keys.request({ processId, secretKey: changed }, `source ${bit}`, log)).toBe("wrong_key");
    }
    expect(await keys.request({ processId: 8, secretKey }, "source", log)).toBe("wrong_key");
    expect(taken).toEqual([]);
    expect(await keys.request({ processId, secretKey }, "source", log)).toBe("sent");
  });

  test("that is forged is wrong, and for a process that there is not it is told as PostgreSQL tells it", async () => {
    const keys = new CancelKeys(nodeKey);
    long(keys);
    expect(await keys.request(wrong(7, Buffer.alloc(32)), "source", log)).toBe("wrong_key");
    expect(await keys.request(wrong(8, Buffer.alloc(32)), "source", log)).toBe("unknown_process");
    expect(entries).toEqual([
      "LOG:  wrong key in cancel request for process 7",
      "LOG:  PID 8 in cancel request did not match any process",
    ]);
  });

  test("of a gateway with another node.key is wrong", async () => {
    const [here, there] = [new CancelKeys(nodeKey), new CancelKeys(Buffer.alloc(32, 8))];
    long(here);
    expect(await here.request(long(there).key, "source", log)).toBe("wrong_key");
  });

  test("of another gateway with the same node.key is told from a wrong one, and does nothing", async () => {
    const [here, there] = [new CancelKeys(nodeKey), new CancelKeys(nodeKey)];
    long(here);
    expect(await here.request(long(there).key, "source", log)).toBe("other_gateway");
    expect(taken).toEqual([]);
    expect(entries).toEqual(["LOG:  cancel request for process 7 is for a session of another gateway"]);
  });

  test("is nothing once it is revoked, and says so", async () => {
    const keys = new CancelKeys(nodeKey);
    const { key, revoke } = long(keys);
    revoke();
    expect(await keys.request(key, "source", log)).toBe("unknown_process");
    expect(taken).toEqual([]);
    expect(entries).toEqual(["LOG:  PID 7 in cancel request did not match any process"]);
  });

  test("that was given is no guess, though it come too late or to another gateway", async () => {
    const [keys, others] = [new CancelKeys(nodeKey, () => 0), new CancelKeys(nodeKey)];
    const [ended, foreign, good] = [long(keys), long(others), long(keys)];
    ended.revoke();
    for (let time = 0; time < 100; time += 1) {
      await keys.request(ended.key, "source", log);
      await keys.request(foreign.key, "source", log);
    }
    expect(await keys.request(good.key, "source", log)).toBe("sent");
  });

  test("that is forged is a guess", async () => {
    const keys = new CancelKeys(nodeKey, () => 0);
    const { key } = long(keys);
    for (let guess = 0; guess < 64; guess += 1)
      await keys.request(wrong(7, Buffer.alloc(32, guess)), "guesser", log);
    expect(await keys.request(key, "guesser", log)).toBe("ignored");
  });

  test("and a short one for the same process are not taken for each other", async () => {
    const keys = new CancelKeys(nodeKey);
    const [short, { key }] = [issue(keys, 7), long(keys)];
    short.revoke();
    expect(await keys.request(key, "source", log)).toBe("sent");
    expect(await keys.request(wrong(7, key.secretKey.subarray(0, 4)), "source", log)).toBe("wrong_key");
  });
});

describe("whoever guesses", () => {
  test("is heard 64 times at once, then four times a second, and the log says so once", async () => {
    let now = 0;
    const keys = new CancelKeys(nodeKey, () => now);
    const { key } = issue(keys, 7);
    for (let guess = 0; guess < 64; guess += 1) await keys.request(wrong(7), "guesser", log);
    expect(entries).toHaveLength(64);
    expect(entries.at(-1)).toMatch(/^WARNING: {2}too many wrong cancel requests/);
    for (let guess = 0; guess < 1000; guess += 1) await keys.request(wrong(7), "guesser", log);
    expect(entries).toHaveLength(64);
    // Not even the right one: else whoever guesses went on.
    await keys.request(key, "guesser", log);
    expect(taken).toEqual([]);
    now += 250;
    await keys.request(key, "guesser", log);
    expect(taken).toHaveLength(1);
  });

  test("spoils it for nobody else", async () => {
    const keys = new CancelKeys(nodeKey, () => 0);
    const { key } = issue(keys, 7);
    for (let guess = 0; guess < 100; guess += 1) await keys.request(wrong(7), "guesser", log);
    await keys.request(key, "another", log);
    expect(taken).toHaveLength(1);
  });

  test("is not whoever is right, however often", async () => {
    const keys = new CancelKeys(nodeKey, () => 0);
    const { key } = issue(keys, 7);
    for (let time = 0; time < 100; time += 1) await keys.request(key, "source", log);
    expect(taken).toHaveLength(100);
  });
});

describe("to the upstream", () => {
  test("32 are on their way at a time, and whoever has sent many does not keep another waiting", async () => {
    const keys = new CancelKeys(nodeKey);
    const { key } = issue(keys, 7);
    const other = issue(keys, 8);
    const held = Promise.withResolvers<void>();
    hold = held.promise;
    const many = Array.from({ length: 100 }, async () => await keys.request(key, "many", log));
    many.push(keys.request(other.key, "another", log));
    while (taken.length < 32) await new Promise(setImmediate);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(taken).toHaveLength(32);
    held.resolve();
    await Promise.all(many);
    expect(taken).toHaveLength(101);
    const place = taken.findIndex((packet) => packet.equals(encodeCancelRequest(upstreamKey(8))));
    expect(place).toBeLessThan(64);
  });

  test("one that cannot be reached is for the log, and the key is not in it", async () => {
    const keys = new CancelKeys(nodeKey);
    const target = { host: "/nonexistent", port: 5432 };
    const issued = keys.issue({ current: { backendKey: upstreamKey(7), target } }, 1, {
      major: 3,
      minor: 0,
    });
    await keys.request(issued?.key ?? wrong(7), "source", log);
    expect(entries.at(-1)).toMatch(
      /^LOG: {2}could not pass on a cancel request for process 7: connection to /,
    );
    expect(entries.join("")).not.toMatch(/true|74727565/);
  });
});
