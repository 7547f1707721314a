import { expect, test } from "vitest";
import { fuzz } from "../../packages/gateway/test/attacks/fuzz/run.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const conversations = Number(process.env["CONVERSATIONS"] ?? 20_000);

test(`conversations that go wrong (SEED=${seed} CONVERSATIONS=${conversations})`, async () => {
  const started = performance.now();
  const outcomes = await fuzz({ seed, conversations });
  const seconds = (performance.now() - started) / 1000;
  console.info(`${conversations} conversations in ${seconds.toFixed(0)} s came to:`, outcomes);
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(conversations);
});
