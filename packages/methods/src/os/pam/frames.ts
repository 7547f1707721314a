/**
 * What the gateway and a PAM process say to each other, over one socket that only the two have: a length of four bytes,
 * a kind of one, a body of that length. The child imports this file too, so it imports nothing that is not Node's.
 */

/** Bytes of a body: more than the longest password that a client may send, and all names of a login besides. */
export const longestBody = 0x2_0000;

const headerLength = 5;

export interface Frame {
  readonly kind: string;
  readonly body: Buffer;
}

/** @param kind one ASCII character */
export function encodeFrame(kind: string, body: Buffer): Buffer {
  if (body.length > longestBody) throw new RangeError("the frame is too long");
  const frame = Buffer.alloc(headerLength + body.length);
  frame.writeUInt32BE(body.length);
  frame.write(kind, 4, 1, "latin1");
  body.copy(frame, headerLength);
  return frame;
}

/**
 * Reads one frame by what `read` gives, which is as many bytes as asked for, or null at the end.
 *
 * @throws {RangeError} a length that no frame has: nothing of it is kept
 */
export function readFrame(read: (length: number) => Buffer | null): Frame | null {
  const header = read(headerLength);
  if (header === null) return null;
  const body = read(bodyLength(header));
  return body === null ? null : { kind: header.toString("latin1", 4, 5), body };
}

function bodyLength(header: Buffer): number {
  const length = header.readUInt32BE(0);
  if (length > longestBody) throw new RangeError("the frame is too long");
  return length;
}

/** Cuts what comes in pieces into frames. */
export class FrameCutter {
  #pending: Buffer = Buffer.alloc(0);

  /** @throws {RangeError} as {@link readFrame}; what comes after is of no use */
  cut(chunk: Buffer): Frame[] {
    const all = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    const frames: Frame[] = [];
    for (;;) {
      let end = at;
      const frame = readFrame((length) => {
        if (all.length - end < length) return null;
        end += length;
        return all.subarray(end - length, end);
      });
      if (frame === null) break;
      frames.push(frame);
      at = end;
    }
    this.#pending = all.subarray(at);
    return frames;
  }
}
