import { expect, test } from "vitest";
import { createPace } from "./pace.ts";
import type { Pace } from "./pace.ts";
import type { Steps } from "../steps.ts";

/** A pace by a clock of our own, and how often it gave way. */
function watched(slice?: number): {
  readonly pace: Pace;
  readonly pass: (ms: number) => void;
  readonly gaveWay: () => number;
} {
  let time = 0;
  let gaveWay = 0;
  const pace = createPace({
    ...(slice !== undefined && { slice }),
    now: () => time,
    giveWay: async () => {
      gaveWay += 1;
      await Promise.resolve();
    },
  });
  return { pace, pass: (ms) => (time += ms), gaveWay: () => gaveWay };
}

/** Steps that each begin with some work. */
function* work(steps: number, pass: () => void): Steps<string> {
  for (let step = 0; step < steps; step += 1) {
    pass();
    yield;
  }
  return "done";
}

test("work gives way when it has taken 10 ms, and gives its result", async () => {
  const { pace, pass, gaveWay } = watched();
  await expect(pace(work(95, () => pass(1)))).resolves.toBe("done");
  expect(gaveWay()).toBe(9);
});

test("beside sessions it gives way sooner", async () => {
  const { pace, pass, gaveWay } = watched(0.25);
  await pace(work(95, () => pass(0.125)));
  expect(gaveWay()).toBe(47);
});

test("short work does not give way", async () => {
  const { pace, pass, gaveWay } = watched();
  await pace(work(1000, () => pass(0.009)));
  expect(gaveWay()).toBe(0);
});

test("what is done one after the other shares a slice", async () => {
  const { pace, pass, gaveWay } = watched();
  for (let piece = 0; piece < 10; piece += 1) await pace(work(6, () => pass(1)));
  expect(gaveWay()).toBe(6);
});

test("what waited meanwhile has had its turn", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("another"));
  let time = 0;
  await createPace({ now: () => (time += 10) })(work(1, () => order.push("step")));
  expect(order).toEqual(["step", "another"]);
});

test("a mistake in a step is one of the whole", async () => {
  const broken = work(3, () => {
    throw new RangeError("broken");
  });
  await expect(createPace()(broken)).rejects.toThrow("broken");
});
