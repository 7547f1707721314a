/** What clients say, and what attackers make of it. */
import {
  encodeMessage,
  encodePasswordMessage,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeStartupPacket,
  md5Digest,
  md5Response,
  startScramClient,
} from "@sallyport/wire";
import type { Heard, Line } from "./conversation.ts";

export function startup(
  user: string,
  database = "shop",
  more: readonly (readonly [string, string])[] = [],
): Buffer {
  return encodeStartupPacket([["user", user], ["database", database], ...more]);
}

/** Any length word before any bytes. */
export function announced(length: number, bytes: Uint8Array): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32BE(length >>> 0);
  return Buffer.concat([word, bytes]);
}

/** A message of type `p` whose length word says what it likes. */
export function passwordLine(length: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from("p"), announced(length, bytes)]);
}

/** A SASLInitialResponse whose inner length says what it likes. */
export function initialResponse(mechanism: string, length: number, data: string): Buffer {
  return encodeMessage(
    "p",
    Buffer.from(`${mechanism}\0`, "latin1"),
    announced(length, Buffer.from(data, "latin1")),
  );
}

/** The client's nonce is always the same: what differs between two servers is then theirs. */
const nonce = Buffer.alloc(18, "attacker-of-doors-");
export const clientFirst = `n,,n=,r=${nonce.toString("base64")}`;

/** A whole login, by whatever is asked for. */
export function loginLines(user: string, password: string, packet: Buffer = startup(user)): readonly Line[] {
  const scram = startScramClient({ password: Buffer.from(password, "latin1"), nonce });
  return [
    packet,
    (heard) =>
      proof(heard, user, password) ?? encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from(scram.first)),
    async (heard) => {
      const challenge = heard.findLast(({ kind }) => kind === "R 11")?.body.toString("latin1", 4);
      if (challenge === undefined) return Buffer.of();
      const { message } = await scram.final(challenge).catch(() => ({ message: forgery(challenge) }));
      return encodeSaslResponse(Buffer.from(message, "latin1"));
    },
  ];
}

/** What can be said to a challenge that no client would compute. */
function forgery(challenge: string): string {
  return `c=biws,${challenge.split(",")[0] ?? ""},p=${Buffer.alloc(32).toString("base64")}`;
}

/** The answer to a request for a password, or for its MD5. */
function proof(heard: readonly Heard[], user: string, password: string): Buffer | null {
  const request = heard.findLast(({ kind }) => kind.startsWith("R "));
  if (request?.kind === "R 3") return encodePasswordMessage(password);
  if (request?.kind !== "R 5") return null;
  return encodePasswordMessage(md5Response(md5Digest(password, user), request.body.subarray(4)));
}
