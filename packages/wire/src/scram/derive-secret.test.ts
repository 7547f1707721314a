import { once } from "node:events";
import { stat } from "node:fs/promises";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startDeadline } from "../frame/deadline.ts";
import { buildScramSecret, MAX_SECRET_ITERATIONS, verifyScramPassword } from "./derive-secret.ts";
import { mockScramSecret } from "./secret.ts";

describe("a SCRAM secret", () => {
  test("knows its password", async () => {
    const secret = await buildScramSecret(Buffer.from("pencil"), Buffer.from("salt"), 10);
    expect(await verifyScramPassword(Buffer.from("pencil"), secret)).toBe(true);
    expect(await verifyScramPassword(Buffer.from("Pencil"), secret)).toBe(false);
  });

  test("is judged by its ServerKey alone, as PostgreSQL does it", async () => {
    const secret = await buildScramSecret(Buffer.from("pencil"), Buffer.alloc(0), 10);
    const zero = Buffer.alloc(32);
    expect(await verifyScramPassword(Buffer.from("pencil"), { ...secret, storedKey: zero })).toBe(true);
    expect(await verifyScramPassword(Buffer.from("pencil"), { ...secret, serverKey: zero })).toBe(false);
  });

  test.each([0, -5])("with %i iterations is one with 1", async (iterations) => {
    const secret = await buildScramSecret(Buffer.from("pencil"), Buffer.from("salt"), 1);
    expect(await verifyScramPassword(Buffer.from("pencil"), { ...secret, iterations })).toBe(true);
    const other = await buildScramSecret(Buffer.from("pencil"), Buffer.from("salt"), 2);
    expect(await verifyScramPassword(Buffer.from("pencil"), { ...other, iterations })).toBe(false);
  });

  test("with more iterations than anybody needs is not computed", async () => {
    const secret = await buildScramSecret(Buffer.from("pencil"), Buffer.from("salt"), 1);
    const endless = { ...secret, iterations: MAX_SECRET_ITERATIONS + 1 };
    await expect(verifyScramPassword(Buffer.from("pencil"), endless)).rejects.toMatchObject({
      code: "not_supported",
      message: "the SCRAM secret has 1000001 iterations, where at most 1000000 are computed",
    });
  });

  test("is not computed for a login that is over", async () => {
    const secret = await buildScramSecret(Buffer.from("pencil"), Buffer.from("salt"), 1);
    const late = startDeadline(0, "the login");
    await once(late.signal, "abort");
    await expect(
      verifyScramPassword(Buffer.from("pencil"), secret, { signal: late.signal }),
    ).rejects.toMatchObject({ code: "timeout", message: "timeout expired: the login" });
  });

  test("is computed on half of the threads: a file is read while many wait", async () => {
    const slow = await buildScramSecret(Buffer.from("pencil"), Buffer.from("salt"), 300_000);
    const ended: string[] = [];
    const record = async (name: string, work: Promise<unknown>) => {
      await work;
      ended.push(name);
    };
    const logins = Array.from({ length: 4 }, async () => {
      await record("login", verifyScramPassword(Buffer.from("pencil"), slow));
    });
    await Promise.all([...logins, record("file", stat("."))]);
    expect(ended).toEqual(["file", "login", "login", "login", "login"]);
  });

  test("that is a mock one has no password", async () => {
    const mock = mockScramSecret("nobody", Buffer.alloc(32), 2);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (password) => {
        expect(await verifyScramPassword(Buffer.from(password), mock)).toBe(false);
      }),
    );
  });
});
