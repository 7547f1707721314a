import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import {
  decodeErrorFields,
  encodePasswordMessage,
  encodeStartupPacket,
  MessageReader,
} from "@sallyport/wire";
import type { Target } from "../raw-client.ts";

/** What a client says when it is asked for a password: that, raw bytes in place of the message, or nothing: it leaves. */
export type Answer = string | Buffer | null;

/** One who has not been let in yet. */
export interface Guest {
  readonly socket: Socket;
  /** The next thing that matters: `R 3`, `R 0`, `ready`, an error with SQLSTATE and message, or `closed`. */
  readonly hear: () => Promise<string>;
  readonly say: (answer: Exclude<Answer, null>) => void;
  readonly leave: () => Promise<void>;
}

export function knockAt(target: Target, user: string, database: string): Guest {
  const socket = connect(target);
  socket.on("error", () => undefined); // the reader tells
  const reader = new MessageReader(socket);
  socket.write(
    encodeStartupPacket([
      ["user", user],
      ["database", database],
    ]),
  );
  return {
    socket,
    hear: async () => {
      for (;;) {
        const message = await reader.readMessage(100_000, AbortSignal.timeout(50_000)).catch(() => null);
        if (message === null) return "closed";
        const { type, body } = message;
        // What comes next to AuthenticationOk is a session, or a FATAL.
        if (type === "Z") return "ready";
        if (type === "R") return `R ${body.readInt32BE(0)}`;
        if (type === "E") {
          const fields = new Map(decodeErrorFields(body).map(({ type, value }) => [type, value]));
          return ["S", "C", "M", "D", "H"].flatMap((type) => fields.get(type) ?? []).join(" ");
        }
      }
    },
    say: (answer) => {
      socket.write(typeof answer === "string" ? encodePasswordMessage(answer) : answer);
    },
    leave: async () => {
      reader.release();
      socket.destroy();
      if (!socket.closed) await once(socket, "close");
    },
  };
}

/** Answers each request with the next answer, leaves when it is in or out, and tells what it heard. */
export async function answering(
  target: Target,
  user: string,
  database: string,
  answers: readonly Answer[],
): Promise<readonly string[]> {
  const guest = knockAt(target, user, database);
  const heard: string[] = [];
  const left = [...answers];
  for (;;) {
    const said = await guest.hear();
    heard.push(said);
    if (said === "R 0") continue;
    const answer = left.shift() ?? null;
    if (said !== "R 3" || answer === null) break;
    guest.say(answer);
  }
  await guest.leave();
  return heard;
}
