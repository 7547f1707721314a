import type { Socket } from "node:net";

/**
 * Passes bytes both ways until either side is done: what one side writes waits while the other is slow, an end is
 * passed on behind the bytes before it, and a broken side takes the other with it. Resolves when both are closed.
 */
export async function relay(client: Socket, upstream: Socket): Promise<void> {
  const both = Promise.all([closed(client), closed(upstream)]);
  pump(client, upstream);
  pump(upstream, client);
  await both;
}

function pump(from: Socket, to: Socket): void {
  // It may have gone while the other side was being opened: then no event will come any more.
  if (from.destroyed) {
    to.destroy();
    return;
  }
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", () => {
    // Ended in order: `to` sends what it still has, and closes without waiting for more: nobody is there to take it.
    // Broken: nothing that it has is whole.
    if (from.readableEnded) to.destroySoon();
    else to.destroy();
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}
