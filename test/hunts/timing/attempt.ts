import { connect } from "node:net";
import type { Socket } from "node:net";
import {
  encodePasswordMessage,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeStartupPacket,
} from "@sallyport/wire";
import { outline, readMessages } from "../../../packages/gateway/test/attacks/conversation.ts";
import type { Target } from "../../../packages/gateway/test/raw-client.ts";

/** One login with a wrong password, as its client sees it. */
export interface Attempt {
  /** Microseconds from each thing said to its answer. */
  readonly times: readonly number[];
  /** What was answered. */
  readonly words: readonly string[];
  /** Bytes of each answer. */
  readonly lengths: readonly number[];
}

const first = encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from("n,,n=,r=attacker-of-clocks-"));
const password = encodePasswordMessage("wrong");
const digest = encodePasswordMessage(`md5${"0".repeat(32)}`);

/** Tries a role. Nothing slow is done on this side: the proof is made up. */
export async function attempt(target: Target, user: string, database: string): Promise<Attempt> {
  const socket = connect({ ...target, noDelay: true });
  const next = answers(socket);
  await connected(socket);
  const times: number[] = [];
  const all: Buffer[] = [];
  const ask = async (bytes: Buffer): Promise<Buffer> => {
    const started = process.hrtime.bigint();
    socket.write(bytes);
    const answer = await next();
    times.push(Number(process.hrtime.bigint() - started) / 1000);
    all.push(answer);
    return answer;
  };
  let answer = await ask(
    encodeStartupPacket([
      ["user", user],
      ["database", database],
    ]),
  );
  while (answer.toString("latin1", 0, 1) === "R") answer = await ask(replyTo(answer));
  socket.destroy();
  const { messages, rest } = readMessages(Buffer.concat(all));
  return { times, words: outline({ heard: messages, rest }), lengths: all.map(({ length }) => length) };
}

function replyTo(request: Buffer): Buffer {
  switch (request.readInt32BE(5)) {
    case 3:
      return password;
    case 5:
      return digest;
    case 10:
      return first;
    default: {
      const [nonce = ""] = request.toString("latin1", 9).split(",");
      return encodeSaslResponse(Buffer.from(`c=biws,${nonce},p=${"A".repeat(43)}=`));
    }
  }
}

async function connected(socket: Socket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
}

/** Whole messages, one for each call; empty at the end. */
function answers(socket: Socket): () => Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length >= 5 && bytes.length > bytes.readInt32BE(1)) wake();
  });
  socket.on("close", () => wake());
  socket.on("error", () => undefined);
  return async () => {
    if (!socket.closed) await new Promise<void>((resolve) => (wake = resolve));
    const answer = bytes;
    bytes = Buffer.alloc(0);
    return answer;
  };
}
