import { expect, test } from "vitest";
import { sharedAnswer } from "./shared-answer.ts";

test("who asks at the same time, or soon after, gets the same answer", async () => {
  let [now, asked] = [0, 0];
  const { promise, resolve } = Promise.withResolvers<void>();
  const ask = async (): Promise<number> => {
    asked += 1;
    const mine = asked;
    await promise;
    return mine;
  };
  const answer = sharedAnswer(ask, 1000, () => now);
  const first = answer();
  now = 60_000;
  const second = answer();
  resolve();
  expect(await Promise.all([first, second])).toEqual([1, 1]);
  now += 999;
  expect(await answer()).toBe(1);
  now += 1;
  expect(await answer()).toBe(2);
});

test("a failure is shared, too, and forgotten as soon", async () => {
  let [now, asked] = [0, 0];
  const ask = async (): Promise<number> => {
    asked += 1;
    if (asked === 1) throw new Error("away");
    return asked;
  };
  const answer = sharedAnswer(ask, 1000, () => now);
  await expect(answer()).rejects.toThrow("away");
  await expect(answer()).rejects.toThrow("away");
  now = 1000;
  expect(await answer()).toBe(2);
});
