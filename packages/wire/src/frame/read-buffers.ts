/**
 * Bytes that one read of a socket may bring. What is read at once is written at once, and a Unix socket counts a write
 * as there until the last byte of it has been read: of three or four that fill it, its reader would have to read all
 * before there is place again, and then wait for more.
 */
const readLength = 16 * 1024;

/** At most so many sockets have a buffer of their own: 8 MB. */
const largestNumber = 512;

/** What is kept of those that were given back. */
const unused: Buffer[] = [];
let number = 0;

/**
 * The buffer into which every socket reads that has not much to read. What came is copied out of it at once: nothing
 * may hold a part of it, since the next read is anybody's.
 */
export const commonBuffer: Buffer = Buffer.allocUnsafeSlow(readLength);

/** A buffer for one socket alone, which it has to give back; null: there is none for it. */
export function takeBuffer(): Buffer | null {
  if (number >= largestNumber) return null;
  number += 1;
  return unused.pop() ?? Buffer.allocUnsafeSlow(readLength);
}

/** @param isFree nothing holds a part of it any more */
export function giveBuffer(buffer: Buffer, isFree: boolean): void {
  number -= 1;
  if (isFree) unused.push(buffer);
}
