import { createHash, createHmac } from "node:crypto";
import type { Bytes } from "@sallyport/policy";

/** The machine computes no MD5, as one does under FIPS 140: then there is no RADIUS. */
export class Md5Unavailable extends Error {
  override readonly name: string = "Md5Unavailable";
  /** OpenSSL's word for why, for the log. */
  readonly reason: Bytes;

  constructor(cause: unknown) {
    super("MD5 is not available", { cause });
    const { reason } = cause instanceof Error && "reason" in cause ? cause : { reason: "unsupported" };
    this.reason = String(reason);
  }
}

/** @throws {Md5Unavailable} */
export function md5(...parts: readonly Buffer[]): Buffer {
  return guarded(() => {
    const hash = createHash("md5");
    for (const part of parts) hash.update(part);
    return hash.digest();
  });
}

/** @throws {Md5Unavailable} */
export function hmacMd5(key: Buffer, message: Buffer): Buffer {
  return guarded(() => createHmac("md5", key).update(message).digest());
}

function guarded(compute: () => Buffer): Buffer {
  try {
    return compute();
  } catch (error) {
    throw new Md5Unavailable(error);
  }
}
