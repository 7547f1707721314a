import { constants } from "node:os";
import type { Bytes } from "@sallyport/policy";
import { Turnstile } from "@sallyport/wire";
import type { Address, EntryFunction, Libc } from "./libc.ts";

export type LookUp<Entry> =
  /** `text` reads a string of the entry by its address. */
  | { readonly kind: "entry"; readonly entry: Entry; readonly text: (address: Address) => Bytes | null }
  | { readonly kind: "none" }
  | { readonly kind: "error"; readonly reason: string };

/** Bytes for the strings of an entry: at first, and at most; a group may have many members. */
const [firstLength, largestLength] = [1024, 1 << 24];

/** A directory that does not answer holds two of the four threads on which Node reads files and resolves names. */
const turnstile = new Turnstile(2);

/**
 * Asks the name service (nsswitch.conf(5)), which may be a directory far away: on another thread, at most two at a
 * time. Ends with the signal as a `WireError`; what has begun is left to its end by itself.
 */
export async function lookUp<Key, Entry>(
  libc: Pick<Libc, "strerror" | "address">,
  ask: EntryFunction<Key, Entry>,
  key: Key,
  signal: AbortSignal,
): Promise<LookUp<Entry>> {
  return await turnstile.run(async () => {
    for (let length = firstLength; ; length *= 2) {
      const entry: Partial<Entry> = {};
      const buffer = Buffer.alloc(length);
      const result: [Address | null] = [null];
      const errno = await called(ask, key, entry, buffer, result);
      if (errno === constants.errno.ERANGE && length < largestLength) continue;
      if (errno !== 0) return { kind: "error", reason: libc.strerror(errno) };
      if (result[0] === null || BigInt(result[0]) === 0n) return { kind: "none" };
      const text = (address: Address): Bytes | null => stringAt(buffer, address, libc.address(buffer));
      return { kind: "entry", entry: entry as Entry, text };
    }
  }, signal);
}

async function called<Key, Entry>(
  ask: EntryFunction<Key, Entry>,
  key: Key,
  entry: Partial<Entry>,
  buffer: Buffer,
  result: [Address | null],
): Promise<number> {
  return await new Promise((resolve, reject) => {
    ask.async(key, entry, buffer, buffer.length, result, (error: unknown, errno) => {
      if (error instanceof Error) reject(error);
      else resolve(errno);
    });
  });
}

/** The bytes up to a NUL; null unless they all stand in the buffer, where they belong. */
function stringAt(buffer: Buffer, address: Address, start: bigint): Bytes | null {
  const offset = BigInt(address) - start;
  if (offset < 0n || offset >= BigInt(buffer.length)) return null;
  const end = buffer.indexOf(0, Number(offset));
  return end === -1 ? null : buffer.toString("latin1", Number(offset), end);
}
