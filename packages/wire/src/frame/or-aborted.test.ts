import { expect, test } from "vitest";
import { orAborted } from "./or-aborted.ts";

const never = new Promise<never>(() => {});

test("gives what the work gives, while nobody aborts", async () => {
  const { signal } = new AbortController();
  expect(await orAborted(Promise.resolve(1), undefined)).toBe(1);
  expect(await orAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(orAborted(Promise.reject(new Error("x")), signal)).rejects.toThrow("x");
});

test("waits no longer than the signal, and hears nothing of the work after that", async () => {
  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const waiting = orAborted(promise, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "aborted" });
  reject(new Error("too late"));
  await expect(orAborted(never, controller.signal)).rejects.toMatchObject({ code: "aborted" });
});
