import { Socket } from "node:net";
import { ScramReplies } from "./scram-replies.ts";
import type { ScramKeys } from "./job.ts";

const terminate = Buffer.from([0x58, 0, 0, 0, 4]);
const [authentication, errorResponse, readyForQuery] = [0x52, 0x45, 0x5a];
/** More than a greeting of any server takes. */
const greetingLength = 16_384;

/** What a client of the load has for all the sessions that it opens, one after the other. */
export interface LoginRoom {
  readonly received: Buffer;
  /** Undefined: it is let in without a question. */
  readonly replies: ScramReplies | undefined;
}

export function loginRoom(keys: ScramKeys | undefined, bufferLength = greetingLength): LoginRoom {
  return { received: Buffer.allocUnsafe(bufferLength), replies: keys && new ScramReplies(keys) };
}

export interface Login {
  readonly port: number;
  readonly startup: Uint8Array;
  readonly room: LoginRoom;
  /** At ReadyForQuery; the session is the caller's from now on. */
  readonly ready: (session: Session) => void;
  /** Once, and not after `ready`. */
  readonly failed: (reason: Error) => void;
}

export interface Session {
  readonly socket: Socket;
  /** Gets what comes after the login; the buffer is used again. */
  listen: (take: (buffer: Buffer, count: number) => void) => void;
  leave: () => void;
}

/** Logs in as cheaply as Node allows, since the load shares the machine with what it measures. */
export function logIn({ port, startup, room, ready, failed }: Login): void {
  const { received, replies } = room;
  let [length, at] = [0, 0];
  let isOver = false;
  let listener: ((buffer: Buffer, count: number) => void) | undefined;
  const socket = new Socket({
    onread: {
      buffer: () => (isOver ? received : received.subarray(length)),
      callback: (count) => {
        if (isOver) listener?.(received, count);
        else read(count);
        return true;
      },
    },
  });

  function read(count: number): void {
    length += count;
    while (!isOver && length - at >= 5) {
      const end = at + 1 + received.readUInt32BE(at + 1);
      if (end > length) break;
      take(received[at] ?? 0, at + 5, end);
      at = end;
    }
    if (at === length) at = length = 0;
    else if (length === received.length) fail("a message is larger than any of a login");
  }

  function take(type: number, from: number, end: number): void {
    if (type === authentication) {
      const reply = replies?.to(received, from, end);
      if (reply !== undefined) socket.write(reply);
    } else if (type === readyForQuery) {
      isOver = true;
      ready({
        socket,
        listen: (take) => {
          listener = take;
        },
        leave: () => {
          socket.write(terminate);
          socket.destroy();
        },
      });
    } else if (type === errorResponse) {
      fail(received.toString("latin1", from, end).replaceAll("\0", " "));
    }
  }

  function fail(reason: string): void {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    failed(new Error(`a login failed: ${reason}`));
  }

  socket.on("error", (error) => fail(error.message));
  socket.on("close", () => fail("the server closed the connection"));
  socket.connect({ host: "127.0.0.1", port });
  socket.write(startup);
}
