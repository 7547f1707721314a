import { expect, test } from "vitest";
import type { MethodOutcome } from "./outcome.ts";
import { peer } from "./peer.ts";

const names = new Map([[1000, "ann"]]);
const userName = async (uid: number): Promise<{ name: string } | { error: string }> => {
  const name = names.get(uid);
  const error = `could not look up local user ID ${uid}: user does not exist`;
  return await Promise.resolve(name === undefined ? { error } : { name });
};

/** The outcome, and what was logged. */
async function tried(uid: number | null): Promise<readonly [MethodOutcome, ...string[]]> {
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const outcome = await peer({ credentials: uid === null ? null : { uid }, userName, log });
  return [outcome, ...logged];
}

test("the name of the user at the other end of the socket is the identity", async () => {
  expect(await tried(1000)).toEqual([{ kind: "proved", identity: "ann", last: null }]);
});

test("a user without a name is nobody, and the log says so", async () => {
  expect(await tried(1001)).toEqual([
    { kind: "failed", reason: null },
    "could not look up local user ID 1001: user does not exist",
  ]);
});

test("where the kernel told nothing nobody is let in", async () => {
  expect(await tried(null)).toEqual([{ kind: "failed", reason: null }, "could not get peer credentials"]);
});
