import { readSync, writeSync } from "node:fs";
import { encodeFrame, readFrame } from "../frames.ts";
import type { Frame } from "../frames.ts";
import { encodeJson, frameKinds } from "../messages.ts";
import type { PamEvent } from "../messages.ts";

/** The end of the gateway's socket that this process was given. All waiting here blocks: there is nothing else to do. */
export const pipe = 3;

/** Null: the gateway has closed it, or is gone. */
export function receive(): Frame | null {
  return readFrame((length) => {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length;) {
      const read = readSync(pipe, bytes, at, length - at, null);
      if (read === 0) return null;
      at += read;
    }
    return bytes;
  });
}

/** @param number of the login that it is about */
export function tell(number: number, event: PamEvent): void {
  const frame = encodeFrame(frameKinds.event, encodeJson({ ...event, number }));
  for (let at = 0; at < frame.length;) at += writeSync(pipe, frame, at);
}
