import type { ClientStream } from "../doorstep/client-stream.ts";

/** Milliseconds for the other side to close when it has been told everything. */
const patience = 1000;

/** Closes, when all that was said has gone out: there is nobody any more who would hear another word. */
export function hangUp(socket: ClientStream): void {
  if (socket.writableLength === 0) socket.destroy();
  else socket.destroySoon();
}

/**
 * Says a last word, behind all that was said before, and closes. What the other side still sends is thrown away:
 * closing with unread bytes would reset the connection, and the last word with it.
 *
 * Resolves when the last word has left, or cannot: nobody has to wait for the rest.
 */
export function farewell(socket: ClientStream, word: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    if (socket.closed || !socket.writable) {
      socket.destroy();
      resolve();
      return;
    }
    socket.once("end", () => socket.destroySoon());
    socket.resume();
    socket.end(word, () => {
      resolve();
      if (socket.readableEnded) socket.destroy();
      else {
        const timer = setTimeout(() => socket.destroy(), patience);
        socket.once("close", () => clearTimeout(timer));
      }
    });
  });
}
