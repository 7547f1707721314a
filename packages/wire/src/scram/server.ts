/** The server's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), with PostgreSQL's checks in PostgreSQL's order and words. */
import { FatalError, protocolViolation } from "../errors.ts";
import { AttributeReader, isPrintable, malformed, show, showText } from "./attributes.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { SecretBytes } from "../secret.ts";
import { KEY_LENGTH, equal, hmac, sha256, xor } from "./keys.ts";
import type { ScramSecret } from "./secret.ts";

export type ScramMechanism = "SCRAM-SHA-256" | "SCRAM-SHA-256-PLUS";

/** What ties the exchange to the TLS connection beneath: RFC 5929 `tls-server-end-point`. */
export interface ChannelBinding {
  readonly type: "tls-server-end-point";
  /** Hash of the server's certificate. */
  readonly data: Buffer;
}

/** The mechanisms a server offers, in order; `channelBinding` null: no TLS. */
export function scramMechanisms(channelBinding: ChannelBinding | null): readonly ScramMechanism[] {
  return channelBinding === null ? ["SCRAM-SHA-256"] : ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];
}

export interface ScramServerOptions {
  /** One of those offered. */
  readonly mechanism: ScramMechanism;
  readonly secret: ScramSecret;
  /** The exchange takes its course, and fails whatever the proof: the secret is a mock one. */
  readonly doomed: boolean;
  /** What the connection could be bound to; null without TLS. */
  readonly channelBinding: ChannelBinding | null;
  /** 18 random bytes. */
  readonly nonce: Buffer;
  /** Hands out what the proof shows of the password; otherwise it is wiped at once. */
  readonly keepClientKey?: boolean;
}

/** What to do after a client's message. A wrong proof is an answer, not an error. */
export type ScramStep =
  /** Send `data` as AuthenticationSASLContinue and wait for the next message. */
  | { readonly kind: "continue"; readonly data: string }
  /** Send `data` as AuthenticationSASLFinal: the client has proved itself. `clientKey` is null unless it is kept. */
  | { readonly kind: "success"; readonly data: string; readonly clientKey: SecretBytes | null }
  | { readonly kind: "failure" };

/** What client-first and server-first said, as far as client-final depends on it. */
interface Challenge {
  /** `n`, `y` or `p`. */
  readonly flag: string;
  readonly clientFirstBare: string;
  readonly serverFirst: string;
  readonly nonce: string;
}

/** One exchange; give it each client message in turn, until it is over. */
export class ScramServer {
  readonly #options: ScramServerOptions;
  #challenge: Challenge | null = null;
  #finished = false;

  constructor(options: ScramServerOptions) {
    this.#options = options;
  }

  /**
   * @param input the client's message as a byte string; null for an initial response that was left out
   * @throws {FatalError} for a message that breaks the rules
   */
  step(input: string | null): ScramStep {
    if (this.#finished) {
      throw new TypeError("the SCRAM exchange is over");
    }
    if (input === null) {
      return { kind: "continue", data: "" };
    }
    if (input === "") {
      throw malformed("The message is empty.");
    }
    if (input.includes("\0")) {
      throw malformed("Message length does not match input length.");
    }
    if (this.#challenge === null) {
      this.#challenge = readClientFirst(input, this.#options);
      return { kind: "continue", data: this.#challenge.serverFirst };
    }
    this.#finished = true;
    return finish(input, this.#challenge, this.#options);
  }
}

/** client-first-message: gs2 header, then the part that is signed. */
function readClientFirst(input: string, options: ScramServerOptions): Challenge {
  const reader = new AttributeReader(input);
  const flag = reader.peek();
  readBindingFlag(reader, options);
  if (reader.peek() === "a") {
    throw new FatalError("0A000", "client uses authorization identity, but it is not supported");
  }
  if (reader.peek() !== ",") {
    throw malformed(`Unexpected attribute "${show(reader.peek())}" in client-first-message.`);
  }
  reader.skip();
  const clientFirstBare = input.slice(reader.offset);
  if (reader.peek() === "m") {
    throw new FatalError("0A000", "client requires an unsupported SCRAM extension");
  }
  // The user name here is ignored: the role is the startup packet's.
  reader.value("n");
  const clientNonce = reader.value("r");
  if (!isPrintable(clientNonce)) {
    throw protocolViolation("non-printable characters in SCRAM nonce");
  }
  while (!reader.atEnd) {
    reader.any();
  }
  const nonce = clientNonce + encodeBase64(options.nonce);
  const serverFirst = `r=${nonce},s=${options.secret.salt},i=${options.secret.iterations}`;
  return { flag, clientFirstBare, serverFirst, nonce };
}

/** gs2-cbind-flag and the comma behind it. */
function readBindingFlag(reader: AttributeReader, options: ScramServerOptions): void {
  const plus = options.mechanism === "SCRAM-SHA-256-PLUS";
  const flag = reader.peek();
  if (flag !== "n" && flag !== "y" && flag !== "p") {
    throw malformed(`Unexpected channel-binding flag "${show(flag)}".`);
  }
  if (flag === "p") {
    if (!plus) {
      throw malformed(
        "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.",
      );
    }
    const type = reader.value("p");
    if (type !== "tls-server-end-point") {
      throw protocolViolation(`unsupported SCRAM channel-binding type "${showText(type)}"`);
    }
    return;
  }
  if (plus) {
    throw malformed(
      "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.",
    );
  }
  if (flag === "y" && options.channelBinding !== null) {
    // Somebody in the middle took SCRAM-SHA-256-PLUS out of the list of mechanisms.
    throw new FatalError("28000", "SCRAM channel binding negotiation error", {
      detail:
        "The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.",
    });
  }
  reader.skip();
  if (reader.peek() !== ",") {
    throw malformed(`Comma expected, but found character "${show(reader.peek())}".`);
  }
  reader.skip();
}

/** client-final-message: channel binding, nonce, extensions, proof. */
function finish(input: string, challenge: Challenge, options: ScramServerOptions): ScramStep {
  const reader = new AttributeReader(input);
  checkBinding(reader.value("c"), challenge.flag, options);
  const nonce = reader.value("r");
  let proofStart = reader.offset;
  let attribute = reader.any();
  while (attribute.name !== "p") {
    proofStart = reader.offset;
    attribute = reader.any();
  }
  const proof = decodeBase64(attribute.value);
  if (proof?.length !== KEY_LENGTH) {
    throw malformed("Malformed proof in client-final-message.");
  }
  if (!reader.atEnd) {
    throw malformed("Garbage found at the end of client-final-message.");
  }
  if (nonce !== challenge.nonce) {
    throw protocolViolation("invalid SCRAM response", "Nonce does not match.");
  }
  const withoutProof = input.slice(0, proofStart - 1);
  const authMessage = `${challenge.clientFirstBare},${challenge.serverFirst},${withoutProof}`;
  const { storedKey, serverKey } = options.secret;
  const clientKey = xor(proof, hmac(storedKey, authMessage));
  const proved = equal(sha256(clientKey), storedKey) && !options.doomed;
  const kept = proved && options.keepClientKey === true ? new SecretBytes(clientKey) : null;
  if (kept === null) {
    clientKey.fill(0);
  }
  if (!proved) {
    return { kind: "failure" };
  }
  return { kind: "success", data: `v=${encodeBase64(hmac(serverKey, authMessage))}`, clientKey: kept };
}

function checkBinding(value: string, flag: string, options: ScramServerOptions): void {
  if (options.mechanism === "SCRAM-SHA-256-PLUS") {
    const data = options.channelBinding?.data ?? null;
    const expected = Buffer.concat([Buffer.from("p=tls-server-end-point,,"), data ?? Buffer.alloc(0)]);
    if (data === null || value !== encodeBase64(expected)) {
      throw new FatalError("28000", "SCRAM channel binding check failed");
    }
    return;
  }
  // "n,," and "y,,", and the same as in client-first.
  if (value !== (flag === "n" ? "biws" : "eSws")) {
    throw protocolViolation("unexpected SCRAM channel-binding attribute in client-final-message");
  }
}
