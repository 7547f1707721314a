import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gssClient, startKdc } from "@sallyport/testkit";
import type { Kdc, Ticket } from "@sallyport/testkit";
import { beginGssContext, loadGssapi } from "@sallyport/methods/os";
import type { GssContext } from "@sallyport/methods/os";

let kdc: Kdc;
let ticket: Ticket;
const signal = AbortSignal.timeout(60_000);

beforeAll(async () => {
  kdc = await startKdc({ users: ["app"] });
  process.env["KRB5_CONFIG"] = kdc.configuration;
  ticket = await kdc.ticket("app");
  if (!(await loadGssapi())) throw new Error("there is no library to test");
});

afterAll(async () => {
  await kdc?.[Symbol.asyncDispose]();
});

async function begin(whose = ""): Promise<GssContext> {
  const begun = await beginGssContext(`FILE:${kdc.keytab}`, whose, signal);
  if ("status" in begun) throw new Error(begun.status);
  return begun;
}

describe("a context", () => {
  test("knows its client, and seals and opens as its client does", async () => {
    const context = await begin();
    using client = await gssClient(ticket);
    const step = await context.accept(client.step(null), signal);
    expect(step.kind).toBe("complete");
    client.step(step.answer);
    expect(context.principal()).toEqual({ name: "app@EXAMPLE.COM" });
    const limit = context.wrapSizeLimit(16_380);
    const length = "length" in limit ? limit.length : 0;
    expect(length).toBeGreaterThan(16_000);
    const message = Buffer.alloc(length, "m");
    const sealed = context.wrap(message);
    if ("status" in sealed) throw new Error(sealed.status);
    expect(sealed.bytes.length).toBeLessThanOrEqual(16_380);
    expect(client.unwrap(sealed.bytes)).toEqual(message);
    expect(context.unwrap(client.wrap(message))).toEqual({ bytes: message, confidential: true });
    expect(context.unwrap(client.wrap(message, false))).toMatchObject({ confidential: false });
    context.close();
  });

  test("has the library's own keytab by the empty name", async () => {
    process.env["KRB5_KTNAME"] = `FILE:${kdc.keytab}`;
    const begun = await beginGssContext("", "", signal);
    delete process.env["KRB5_KTNAME"];
    expect(begun).not.toHaveProperty("status");
    if (!("status" in begun)) begun.close();
    expect(await beginGssContext("FILE:/nonexistent", "", signal)).toEqual({
      status: expect.stringContaining("FILE:/nonexistent is nonexistent or empty") as string,
    });
  });

  test("is used by nobody before it is complete, nor when it is closed", async () => {
    const context = await begin();
    expect(() => context.wrap(Buffer.of(1))).toThrow("there is no context to use");
    expect(() => context.principal()).toThrow("there is no context to use");
    using client = await gssClient(ticket);
    const first = client.step(null);
    await context.accept(first, signal);
    await expect(context.accept(first, signal)).rejects.toThrow("there is nothing to begin");
    context.close();
    context.close();
    expect(() => context.unwrap(Buffer.of(1))).toThrow("there is no context to use");
  });

  test("may be closed while the thread is at it, and nobody may wait any more", async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, async (_, number) => {
        const context = await begin(String(number % 3));
        using client = await gssClient(ticket);
        const gone = new AbortController();
        const accepted = context
          .accept(client.step(null), gone.signal)
          .catch((error: unknown) => String(error));
        if (number % 2 === 0) gone.abort();
        context.close();
        return await accepted;
      }),
    );
    // Whoever has not begun by then never begins.
    expect(all.filter((step) => typeof step !== "string").length).toBeLessThanOrEqual(1);
    // The thread goes on.
    (await begin()).close();
  });
});

/** Growth in bytes of this process, of the second half of the work: the first one fills caches. */
async function growth(rounds: number, work: () => Promise<void>): Promise<number> {
  for (let round = 0; round < rounds; round += 1) await work();
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  for (let round = 0; round < rounds; round += 1) await work();
  globalThis.gc?.();
  return process.memoryUsage.rss() - before;
}

describe("thousands of contexts leave nothing behind", () => {
  // One that leaks its context and credentials leaves some 10 kB.
  const rounds = 2000;
  const tolerable = 12_000_000;

  test("of tokens that are refused", async () => {
    const garbage = Buffer.from("garbage");
    const grown = await growth(rounds, async () => {
      const context = await begin();
      expect((await context.accept(garbage, signal)).kind).toBe("failed");
      context.close();
    });
    expect(grown).toBeLessThan(tolerable);
  });

  test("of tokens that are replayed", async () => {
    using client = await gssClient(ticket);
    const token = client.step(null);
    const first = await begin();
    await first.accept(token, signal);
    first.close();
    const grown = await growth(rounds, async () => {
      const context = await begin();
      const step = await context.accept(token, signal);
      expect(step.kind === "failed" && step.status).toContain("Request is a replay");
      context.close();
    });
    expect(grown).toBeLessThan(tolerable);
  });

  test("of those that say what they had to say", async () => {
    const message = Buffer.alloc(4000, "m");
    const grown = await growth(rounds, async () => {
      const context = await begin();
      using client = await gssClient(ticket);
      const step = await context.accept(client.step(null), signal);
      client.step(step.answer);
      context.principal();
      expect("bytes" in context.wrap(message)).toBe(true);
      expect("bytes" in context.unwrap(client.wrap(message))).toBe(true);
      expect(context.unwrap(Buffer.from("garbage"))).toHaveProperty("status");
      context.close();
    });
    expect(grown).toBeLessThan(tolerable);
  });

  test("of services without credentials", async () => {
    const grown = await growth(rounds, async () => {
      expect(await beginGssContext("FILE:/nonexistent", "", signal)).toHaveProperty("status");
    });
    expect(grown).toBeLessThan(tolerable);
  });
});
