import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { StopMode } from "../session/stopping.ts";
import type { ReloadAnswer, StatusAnswer, StopAnswer } from "./answers.ts";
import { controlVersion, longestAnswer, objectOf } from "./protocol.ts";
import { socketPlace } from "./socket-place.ts";

/** What can be asked, and what comes back. */
export interface ControlQuestions {
  readonly reload: { readonly question: object; readonly answer: ReloadAnswer };
  readonly status: {
    readonly question: { readonly rules?: boolean; readonly sessions?: boolean };
    readonly answer: StatusAnswer;
  };
  readonly stop: { readonly question: { readonly mode: StopMode }; readonly answer: StopAnswer };
}

/** Why there is no answer. */
export class ControlError extends Error {
  override readonly name: string = "ControlError";
  /**
   * `absent`: nobody listens there; `denied`: we may not ask; `silent`: no answer in time, or half of one; `refused`: the
   * gateway does not answer that, and says why.
   */
  readonly code: "absent" | "denied" | "silent" | "refused";

  constructor(code: ControlError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * Asks the gateway whose data directory that is.
 *
 * @param patience milliseconds until the answer has to be here
 * @throws {ControlError}
 */
export async function askControl<Command extends keyof ControlQuestions>(
  directory: string,
  command: Command,
  question: ControlQuestions[Command]["question"],
  patience: number,
): Promise<ControlQuestions[Command]["answer"]> {
  const unreached = cannotReach(directory);
  const place = await socketPlace(directory).catch(unreached);
  const socket = connect(place.path);
  try {
    const line = `${JSON.stringify({ version: controlVersion, command, ...question })}\n`;
    const answer = answerTo(socket, line).catch(unreached);
    const said = await Promise.race([answer, delay(patience, null, { ref: false })]);
    if (said === null) throw new ControlError("silent", "the gateway does not answer");
    return readAnswer(said) as ControlQuestions[Command]["answer"];
  } finally {
    socket.destroy();
    await place.close();
  }
}

async function answerTo(socket: Socket, question: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const pieces: Buffer[] = [];
  let length = 0;
  socket.on("data", (piece: Buffer) => {
    length += piece.length;
    pieces.push(piece);
    if (length > longestAnswer) reject(new ControlError("silent", "the gateway's answer has no end"));
  });
  socket.once("end", () => resolve(Buffer.concat(pieces).toString("utf8")));
  socket.once("error", reject);
  socket.write(question);
  return await promise;
}

function readAnswer(line: string): unknown {
  const said = line.endsWith("\n") ? objectOf(line) : null;
  const [error, answer] = [said?.get("error"), said?.get("answer")];
  if (error === "permission denied") throw new ControlError("denied", error);
  if (typeof error === "string") throw new ControlError("refused", error);
  if (typeof answer === "object" && answer !== null) return answer;
  throw new ControlError("silent", "the gateway closed the connection before it had answered");
}

/** Why a directory's gateway cannot be asked, of what went wrong with its socket. */
function cannotReach(directory: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof ControlError || !(error instanceof Error)) throw error;
    const code = "code" in error ? error.code : null;
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR")
      throw new ControlError("absent", `no gateway listens in "${directory}"`, error);
    if (code === "EACCES" || code === "EPERM")
      throw new ControlError("denied", `permission denied for the gateway in "${directory}"`, error);
    throw new ControlError(
      "silent",
      `the gateway in "${directory}" cannot be asked: ${error.message}`,
      error,
    );
  };
}
