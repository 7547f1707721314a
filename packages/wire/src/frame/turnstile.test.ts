import { expect, test } from "vitest";
import { WireError } from "../errors.ts";
import { Turnstile } from "./turnstile.ts";

/** Work that ends when it is told to, and a record of what has begun. */
function workshop() {
  const begun: string[] = [];
  const endings = new Map<string, PromiseWithResolvers<string>>();
  const work = (name: string) => async () => {
    begun.push(name);
    const ending = Promise.withResolvers<string>();
    endings.set(name, ending);
    return await ending.promise;
  };
  return {
    begun,
    work,
    end: (name: string) => endings.get(name)?.resolve(`${name} is done`),
    fail: (name: string) => endings.get(name)?.reject(new Error(`${name} failed`)),
  };
}

test("so many run at a time, and the others follow in order", async () => {
  const { begun, work, end } = workshop();
  const turnstile = new Turnstile(2);
  const [a, b, c, d] = ["a", "b", "c", "d"].map(async (name) => await turnstile.run(work(name)));
  expect(begun).toEqual(["a", "b"]);
  end("b");
  expect(await b).toBe("b is done");
  expect(begun).toEqual(["a", "b", "c"]);
  end("c");
  expect(await c).toBe("c is done");
  expect(begun).toEqual(["a", "b", "c", "d"]);
  end("a");
  end("d");
  expect(await Promise.all([a, d])).toEqual(["a is done", "d is done"]);
});

test("work that fails makes room, too", async () => {
  const { work, end, fail } = workshop();
  const turnstile = new Turnstile(1);
  const a = turnstile.run(work("a"));
  const b = turnstile.run(work("b"));
  fail("a");
  await expect(a).rejects.toThrow("a failed");
  end("b");
  expect(await b).toBe("b is done");
});

test("who gives up while waiting never runs, and the next one takes the turn", async () => {
  const { begun, work, end } = workshop();
  const turnstile = new Turnstile(1);
  const late = new AbortController();
  const a = turnstile.run(work("a"));
  const b = turnstile.run(work("b"), late.signal);
  const c = turnstile.run(work("c"));
  late.abort(new WireError("timeout", "timeout expired: the login"));
  await expect(b).rejects.toMatchObject({ code: "timeout", message: "timeout expired: the login" });
  end("a");
  await a;
  expect(begun).toEqual(["a", "c"]);
  end("c");
  expect(await c).toBe("c is done");
});

test("work that nobody waits for any more keeps its place until it ends", async () => {
  const { begun, work, end } = workshop();
  const turnstile = new Turnstile(1);
  const late = new AbortController();
  const a = turnstile.run(work("a"), late.signal);
  const b = turnstile.run(work("b"));
  late.abort();
  await expect(a).rejects.toMatchObject({ code: "aborted" });
  expect(begun).toEqual(["a"]);
  end("a");
  await expect.poll(() => begun).toEqual(["a", "b"]);
  end("b");
  expect(await b).toBe("b is done");
});

test("who comes too late does not begin", async () => {
  const { begun, work } = workshop();
  await expect(new Turnstile(1).run(work("a"), AbortSignal.abort())).rejects.toMatchObject({
    code: "aborted",
  });
  expect(begun).toEqual([]);
});

test("those who bring work take turns, however much each of them brings", async () => {
  const { begun, work, end } = workshop();
  const turnstile = new Turnstile(1);
  const names = ["a1", "a2", "a3", "b1", "c1", "b2"];
  const all = names.map(async (name) => await turnstile.run(work(name), undefined, name.charAt(0)));
  const order = ["a1", "a2", "b1", "c1", "a3", "b2"];
  for (const name of order) {
    await expect.poll(() => begun.at(-1)).toBe(name);
    end(name);
  }
  await Promise.all(all);
  expect(begun).toEqual(order);
});

test("one's alone may not hold all of it, and others pass by", async () => {
  const { begun, work, end } = workshop();
  const turnstile = new Turnstile(3);
  turnstile.limitOfEach = 2;
  const names = ["a1", "a2", "a3", "b1", "b2"];
  const all = names.map(async (name) => await turnstile.run(work(name), undefined, name.charAt(0)));
  expect(begun).toEqual(["a1", "a2", "b1"]);
  end("b1");
  await expect.poll(() => begun).toEqual(["a1", "a2", "b1", "b2"]);
  end("b2");
  await all[4];
  expect(begun).not.toContain("a3");
  end("a1");
  await expect.poll(() => begun).toEqual(["a1", "a2", "b1", "b2", "a3"]);
  end("a2");
  end("a3");
  await Promise.all(all);
});
