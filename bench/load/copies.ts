import { encodeMessage, encodeQuery } from "@sallyport/wire";
import type { CopyJob, Work } from "./job.ts";
import { logIn, loginRoom } from "./session.ts";
import type { Session } from "./session.ts";

const errorResponse = 0x45;
/** ReadyForQuery, idle: the end of an answer. None of our rows ends so. */
const idle = "Z\0\0\0\u0005I";
const copyDone = encodeMessage("c");
const bufferLength = 256 * 1024;

/** One COPY after the other, until the time is over. Rejects with the first failure. */
export async function runCopies({ port, startup, sql, data, milliseconds }: CopyJob): Promise<Work> {
  const { promise, resolve, reject } = Promise.withResolvers<Session>();
  logIn({ port, startup, room: loginRoom(undefined, bufferLength), ready: resolve, failed: reject });
  const session = await promise;
  const query = encodeQuery(sql);
  const began = performance.now();
  let done = 0;
  while (performance.now() < began + milliseconds) {
    session.socket.write(query);
    if (data === undefined) done += await answerOf(session);
    else {
      await Promise.all([answerOf(session), send(session, data.messages, data.times)]);
      done += data.messages.length * data.times;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  session.leave();
  return { done, seconds };
}

/** How many bytes come until the server is idle. They are counted and not read: the load is to be light. */
async function answerOf({ socket, listen }: Session): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const closed = (): void => reject(new Error("the server closed the connection during a COPY"));
  let received = 0;
  let tail = "";
  socket.once("close", closed);
  listen((buffer, count) => {
    if (received === 0 && buffer[0] === errorResponse) {
      reject(new Error(`a COPY failed: ${buffer.toString("latin1", 5, count).replaceAll("\0", " ")}`));
    }
    received += count;
    tail = (tail + buffer.toString("latin1", Math.max(0, count - idle.length), count)).slice(-idle.length);
    if (tail === idle) resolve(received);
  });
  try {
    return await promise;
  } finally {
    socket.off("close", closed);
  }
}

/** CopyData needs not wait for CopyInResponse, and the server throws it away if there is none. */
async function send({ socket }: Session, messages: Uint8Array, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    if (socket.write(messages)) continue;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("drain", resolve);
    socket.once("close", resolve);
    await promise;
    socket.off("close", resolve);
    socket.off("drain", resolve);
    if (socket.destroyed) return;
  }
  socket.write(copyDone);
}
