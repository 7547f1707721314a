import { createHash, createHmac, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { encodeMessage, normalizePassword, toBuffer } from "@sallyport/wire";
import type { decodeAuthentication } from "@sallyport/wire";
import type { LoginAttempt } from "@sallyport/testkit";

/** What a server may ask, known to us or not. */
export type Request = ReturnType<typeof decodeAuthentication>;

/** What a client has been asked and has said so far. */
export interface Answers {
  readonly attempt: LoginAttempt;
  /** What the login can be bound to; null: nothing. */
  readonly endPoint: Buffer | null;
  asked: number;
}

export interface Answer {
  readonly bytes: Buffer;
  /** Then the client closes its side. */
  readonly leaves: boolean;
}

export function startAnswers(attempt: LoginAttempt, endPoint: Buffer | null): Answers {
  return { attempt, endPoint, asked: 0 };
}

/** What the attempt's client says to a request; null: nothing, or it wants no answer. */
export async function answerTo(state: Answers, request: Request): Promise<Answer | null> {
  const { answers } = state.attempt;
  if (request.kind === "ok" || request.kind === "sasl_final") return null;
  state.asked += 1;
  if (answers.instead?.at === state.asked) {
    const { bytes, leaves } = answers.instead;
    return { bytes: toBuffer(bytes), leaves };
  }
  const bytes = await bodyFor(state, request);
  if (bytes === null) return null;
  const last = request.kind !== "sasl" && !(request.kind === "sasl_continue" && request.data.length === 0);
  const message = encodeMessage("p", bytes);
  return { bytes: last ? Buffer.concat([message, toBuffer(answers.behind)]) : message, leaves: false };
}

async function bodyFor(
  { attempt: { answers, password, user }, endPoint }: Answers,
  request: Request,
): Promise<Buffer | null> {
  switch (request.kind) {
    case "cleartext_password":
      return toBuffer(answers.cleartext.replace("{password}", () => password));
    case "md5_password": {
      const answer = `md5${md5(md5(password + user) + request.salt.toString("latin1"))}`;
      const body = answers.md5.replace("{answer}", () => answer);
      return toBuffer(body.replace("{ANSWER}", () => answer.toUpperCase()));
    }
    case "sasl": {
      const data = answers.delayed ? "" : answers.first;
      const length = Buffer.alloc(4);
      length.writeInt32BE(answers.delayed ? -1 : data.length);
      return Buffer.concat([toBuffer(`${answers.mechanism}\0`), length, toBuffer(data)]);
    }
    case "sasl_continue":
      if (request.data.length === 0) return toBuffer(answers.first);
      return toBuffer(await scramFinal(answers, password, endPoint, request.data.toString("latin1")));
    default:
      return null;
  }
}

/** client-final-message (RFC 5802, section 3), with the right proof if one is asked for. */
async function scramFinal(
  { first, final }: LoginAttempt["answers"],
  password: string,
  endPoint: Buffer | null,
  serverFirst: string,
): Promise<string> {
  const [, nonce = "", salt = "", iterations = "1"] = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(serverFirst) ?? [];
  const binding = Buffer.concat([toBuffer("p=tls-server-end-point,,"), endPoint ?? Buffer.alloc(0)]);
  const filled = final
    .replaceAll("{bound}", () => binding.toString("base64"))
    .replace("{nonce}", () => nonce);
  const bare = first.split(",").slice(2).join(",");
  const withoutProof = filled.slice(0, Math.max(filled.lastIndexOf(",p="), 0));
  const salted = await saltedPassword(password, salt, Number(iterations));
  const clientKey = hmac(salted, "Client Key");
  const storedKey = createHash("sha256").update(clientKey).digest();
  const signature = hmac(storedKey, `${bare},${serverFirst},${withoutProof}`);
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
  return filled.replace("{proof}", () => proof.toString("base64"));
}

const derive = promisify(pbkdf2);
const derived = new Map<string, Promise<Buffer>>();

/** The same few passwords are needed thousands of times. */
async function saltedPassword(password: string, salt: string, iterations: number): Promise<Buffer> {
  const key = `${iterations} ${salt} ${password}`;
  const known =
    derived.get(key) ??
    derive(normalizePassword(password), Buffer.from(salt, "base64"), iterations, 32, "sha256");
  derived.set(key, known);
  return await known;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text, "latin1").digest();
}

function md5(text: string): string {
  return createHash("md5").update(text, "latin1").digest("hex");
}
