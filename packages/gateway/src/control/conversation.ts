import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { createPace } from "@sallyport/policy/node";
import { reasonOf } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import { answerLine } from "./answer-line.ts";
import { longestQuestion, parseRequest } from "./protocol.ts";
import type { ControlRefusal, ControlRequest } from "./protocol.ts";

/** Answers a question; what it gives is made JSON of. */
export type AnswerControl = (request: ControlRequest) => Promise<object>;

export interface ConversationOptions {
  readonly answer: AnswerControl;
  /** Whatever he asks, this is the answer; null: he may ask. */
  readonly refusal: string | null;
  /** Milliseconds. */
  readonly patience: number;
  readonly log: Log;
}

/** Milliseconds for the longest answer on its way to an asker who reads. */
const answerTime = 60_000;

/** One question and its answer. Never rejects; afterwards the socket is closed. */
export async function converse(socket: Socket, options: ConversationOptions): Promise<void> {
  const { refusal, patience, log } = options;
  socket.on("error", () => socket.destroy());
  // Not `once` of node:events, which would reject for an error that came before.
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const ended = new Promise<void>((resolve) => socket.once("end", resolve));
  try {
    const said = refusal === null ? await answerOf(socket, options) : { error: refusal };
    if (said === null) return;
    const line = await createPace()(answerLine(said));
    const signal = AbortSignal.timeout(answerTime);
    const heard = pipeline(Readable.from(line), socket, { signal }).catch(() => socket.destroy());
    await Promise.race([closed, heard]);
    // Closed with something unread, it would be reset, and the answer be lost.
    socket.resume();
    if (!socket.destroyed) {
      await Promise.race([closed, ended, delay(patience, null, { ref: false })]);
    }
  } catch (error) {
    log.log("LOG", `control socket: ${reasonOf(error)}`);
  } finally {
    socket.destroy();
    await closed;
  }
}

/** Null: nobody waits for an answer. */
async function answerOf(
  socket: Socket,
  { answer, patience, log }: ConversationOptions,
): Promise<{ readonly answer: object } | ControlRefusal | null> {
  const question = await questionOf(socket, patience);
  if (question === null || "error" in question) return question;
  const request = parseRequest(question.line);
  if ("error" in request) return request;
  try {
    return { answer: await answer(request) };
  } catch (error) {
    log.log("LOG", `control socket: ${request.command} failed: ${reasonOf(error)}`);
    return { error: `${request.command} failed: ${reasonOf(error)}` };
  }
}

/** The first line, or all if the asker says no more. */
function questionOf(
  socket: Socket,
  patience: number,
): Promise<{ readonly line: string } | ControlRefusal | null> {
  const { promise, resolve } = Promise.withResolvers<{ readonly line: string } | ControlRefusal | null>();
  const pieces: Buffer[] = [];
  let length = 0;
  const read = (): string => Buffer.concat(pieces).toString("utf8");
  const take = (piece: Buffer): void => {
    pieces.push(piece);
    length += piece.length;
    if (length > longestQuestion) resolve({ error: `a question has at most ${longestQuestion} bytes` });
    else if (piece.includes("\n")) resolve({ line: read().split("\n", 1).join() });
  };
  const tooLate = setTimeout(() => resolve({ error: "no question came in time" }), patience);
  socket.on("data", take);
  socket.once("end", () => resolve(length === 0 ? null : { line: read() }));
  socket.once("close", () => resolve(null));
  return promise.finally(() => {
    clearTimeout(tooLate);
    socket.off("data", take);
    socket.resume();
  });
}
