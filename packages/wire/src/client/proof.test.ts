import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { SecretBytes } from "../secret.ts";
import { Proof } from "./proof.ts";

describe("what a client proved", () => {
  const storedKey = Buffer.alloc(32, 1);
  const secret = { iterations: 4096, salt: "c2FsdA==", storedKey, serverKey: storedKey };

  test("shows in nothing, and is gone when it is wiped", () => {
    const key = Buffer.alloc(32, "k");
    const parts = {
      scram: { secret, clientKey: new SecretBytes(key) },
      md5Digest: "d".repeat(32),
      password: "hunter2",
    };
    const proof = new Proof(parts);
    for (const text of [
      inspect(proof, { depth: 9, showHidden: true, getters: true }),
      JSON.stringify({ proof }),
      String(proof),
    ]) {
      expect(text).not.toMatch(/hunter2|dddd|kkkk|6b 6b|0101|01 01/);
    }
    expect(proof.scram()?.clientKey).toBe(key);
    proof.wipe();
    expect([proof.scram(), proof.md5Digest(), proof.password()]).toEqual([null, null, null]);
    expect(key).toEqual(Buffer.alloc(32));
  });
});
