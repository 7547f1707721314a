import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import type { Address, EntryFunction, Passwd } from "./libc.ts";
import { lookUp } from "./look-up.ts";

const patient = new AbortController().signal;
const start = 0x7f00_0000_1000n;
const { ERANGE, EIO } = constants.errno;
const libc = { strerror: (errno: number) => `error ${errno}`, address: () => start };

/** A name service: what it puts into the buffer that it is given, and what it returns. */
type Answer = (buffer: Buffer) => { readonly errno: number; readonly pwName?: Address };

async function ask(
  answer: Answer,
): Promise<{ readonly found: unknown; readonly lengths: readonly number[] }> {
  const lengths: number[] = [];
  const getpwuid_r: EntryFunction<number, Passwd> = {
    async: (_, entry, buffer, length, result, done) => {
      lengths.push(length);
      const { errno, pwName } = answer(buffer);
      if (pwName !== undefined) {
        Object.assign(entry, { pw_name: pwName });
        result[0] = 1n;
      }
      setImmediate(() => done(null, errno));
    },
  };
  const found = await lookUp(libc, getpwuid_r, 7, patient);
  return {
    found: found.kind === "entry" ? { name: found.text(found.entry.pw_name) } : found,
    lengths,
  };
}

/** Writes a string as the name service does, and says where. */
function put(buffer: Buffer, offset: number, bytes: string): Address {
  buffer.write(`${bytes}\0`, offset, "latin1");
  return start + BigInt(offset);
}

describe("a look-up", () => {
  test("gives the bytes of a name as they are, whatever they are", async () => {
    const { found } = await ask((buffer) => ({ errno: 0, pwName: put(buffer, 5, "J\xf6rg\xff") }));
    expect(found).toEqual({ name: "J\xf6rg\xff" });
  });

  test("gives the name service twice the room for as long as it wants more", async () => {
    const { found, lengths } = await ask((buffer) =>
      buffer.length < 5000 ? { errno: ERANGE } : { errno: 0, pwName: put(buffer, 4500, "long") },
    );
    expect(found).toEqual({ name: "long" });
    expect(lengths).toEqual([1024, 2048, 4096, 8192]);
  });

  test("but not for ever", async () => {
    const { found, lengths } = await ask(() => ({ errno: ERANGE }));
    expect(found).toEqual({ kind: "error", reason: `error ${ERANGE}` });
    expect(lengths.at(-1)).toBe(16 * 1024 * 1024);
  });

  test("knows an error from an entry that there is not", async () => {
    expect((await ask(() => ({ errno: EIO }))).found).toEqual({ kind: "error", reason: `error ${EIO}` });
    expect((await ask(() => ({ errno: 0 }))).found).toEqual({ kind: "none" });
  });

  test.each([
    ["before the buffer", () => start - 1n],
    ["behind it", (buffer: Buffer) => start + BigInt(buffer.length)],
    ["nowhere", () => 0],
    ["in it but without an end", (buffer: Buffer) => (buffer.fill("x"), start)],
  ])("never reads a name that stands %s", async (_, where) => {
    expect((await ask((buffer) => ({ errno: 0, pwName: where(buffer) }))).found).toEqual({ name: null });
  });
});
