import type { Bytes } from "@sallyport/policy";

/** Bits of the key, by what stands in the name of a cipher suite: OpenSSL tells them, and Node does not hand them on. */
const bitsByName: readonly (readonly [pattern: RegExp, bits: number])[] = [
  [/AES_?256|CHACHA20|CAMELLIA_?256|ARIA_?256/, 256],
  [/AES_?128|CAMELLIA_?128|ARIA_?128|SEED|RC4/, 128],
  [/3DES|DES-CBC3/, 112],
];

/** 0: not known, or no encryption at all. */
export function cipherBits(name: Bytes): number {
  return bitsByName.find(([pattern]) => pattern.test(name))?.[1] ?? 0;
}
