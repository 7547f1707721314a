import { expect, test } from "vitest";
import { ident } from "./ident.ts";
import type { IdentCall } from "./ident.ts";
import type { MethodLog } from "./method-log.ts";
import type { MethodOutcome } from "./outcome.ts";

/** The outcome, and what was logged. */
async function tried(
  more: Partial<IdentCall>,
): Promise<readonly [MethodOutcome, ...Parameters<MethodLog>[]]> {
  const logged: Parameters<MethodLog>[] = [];
  const outcome = await ident({
    client: { address: "127.0.0.1", port: 5000 },
    server: { address: "127.0.0.1", port: 5432 },
    port: 113,
    turns: { take: async (_, work) => await work() },
    log: (...entry) => void logged.push(entry),
    signal: new AbortController().signal,
    reasonOf: (error) => (error instanceof Error && "code" in error ? String(error.code) : "unknown"),
    ...more,
  });
  return [outcome, ...logged];
}

const failed = { kind: "failed", reason: null };

test("an address that is no longer ours cannot be asked from", async () => {
  expect(await tried({ server: { address: "192.0.2.1", port: 5432 } })).toEqual([
    failed,
    ['could not bind to local address "192.0.2.1": EADDRNOTAVAIL', { sqlstate: "XX000" }],
  ]);
});

test("behind a proxy nobody is asked, whatever waits for a turn", async () => {
  const take = async (): Promise<never> => await Promise.reject(new Error("it takes a turn"));
  expect(await tried({ server: null, turns: { take } })).toEqual([
    failed,
    [
      'could not ask the Ident server at address "127.0.0.1", port 113: the connection came by way of a proxy',
    ],
  ]);
});

test("what ends the way in ends the question, as its own error", async () => {
  const over = new AbortController();
  over.abort(new Error("over"));
  await expect(tried({ port: 1, signal: over.signal })).rejects.toMatchObject({ name: "WireError" });
});
