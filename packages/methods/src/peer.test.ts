import { expect, test } from "vitest";
import { peer } from "./peer.ts";

const names = new Map([[1000, "ann"]]);
const userName = async (uid: number): Promise<{ name: string } | { error: string }> => {
  const name = names.get(uid);
  const error = `could not look up local user ID ${uid}: user does not exist`;
  return await Promise.resolve(name === undefined ? { error } : { name });
};

test("the name of the user at the other end of the socket is the identity", async () => {
  expect(await peer({ credentials: { uid: 1000 }, userName })).toEqual({
    kind: "proved",
    identity: "ann",
    last: null,
  });
});

test("a user without a name is nobody, and the log says so", async () => {
  expect(await peer({ credentials: { uid: 1001 }, userName })).toEqual({
    kind: "failed",
    reason: null,
    logged: "could not look up local user ID 1001: user does not exist",
  });
});

test("where the kernel told nothing nobody is let in", async () => {
  expect(await peer({ credentials: null, userName })).toEqual({
    kind: "failed",
    reason: null,
    logged: "could not get peer credentials",
  });
});
