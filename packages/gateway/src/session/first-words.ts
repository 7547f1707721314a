import { encodeTerminate } from "@sallyport/wire";
import type { ClientStream } from "../doorstep/client-stream.ts";

const goodbye = encodeTerminate();

/**
 * Waits until a client that nobody else listens to asks for something, however long that takes.
 *
 * @param early what it has sent by now
 * @returns all that it has sent. Null: it has left, or says goodbye
 */
export async function firstWords(client: ClientStream, early: Buffer): Promise<Buffer | null> {
  const words = early.length > 0 ? early : await firstChunk(client);
  return words === null || words.equals(goodbye) ? null : words;
}

function firstChunk(client: ClientStream): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const done = (chunk: Buffer | null): void => {
      client.off("readable", look);
      client.off("end", leave);
      client.off("close", leave);
      resolve(chunk);
    };
    const look = (): void => {
      const chunk: unknown = client.read();
      if (Buffer.isBuffer(chunk)) done(chunk);
    };
    const leave = (): void => done(null);
    client.on("readable", look);
    client.on("end", leave);
    client.on("close", leave);
    if (client.destroyed || client.readableEnded) leave();
    else look();
  });
}
