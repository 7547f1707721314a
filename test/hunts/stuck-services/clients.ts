import { connect } from "node:net";
import type { Socket } from "node:net";
import { encodePasswordMessage, encodeStartupPacket } from "@sallyport/wire";
import { repliesTo } from "../../../packages/gateway/test/raw-client.ts";

/** Logins a second by SCRAM, of four clients that log in one time after the other. */
export async function scramRate(port: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let logins = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const replies = await repliesTo({ host: "127.0.0.1", port }, { user: "app", database: "fast" });
      const last = replies.at(-1);
      if (last?.kind !== "Z") throw new Error(`refused: ${last?.words.join(" ") ?? "without a word"}`);
      logins += 1;
    }
  };
  const began = performance.now();
  await Promise.all([client(), client(), client(), client()]);
  return (logins * 1000) / (performance.now() - began);
}

/** So many logins by the line of one database: each that ends begins anew, until they are let go. */
export function stickLogins(port: number, database: string, count: number): Disposable {
  const sockets = new Set<Socket>();
  let over = false;
  const knock = (from: number): void => {
    // From several places, as people come, so that the limits of one source are not what is measured.
    const socket = connect({ host: "127.0.0.1", port, localAddress: `127.5.${from % 8}.${1 + (from >> 3)}` });
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      if (data.toString("latin1", 0, 1) === "R") socket.write(encodePasswordMessage("a password"));
    });
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      sockets.delete(socket);
      if (!over) setTimeout(() => knock(from), 50).unref();
    });
    socket.write(
      encodeStartupPacket([
        ["user", "app"],
        ["database", database],
      ]),
    );
  };
  for (let from = 0; from < count; from += 1) knock(from);
  return {
    [Symbol.dispose]: () => {
      over = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
