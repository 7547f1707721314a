import { createHmac, createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { encodeSaslInitialResponse, encodeSaslResponse } from "@sallyport/wire";

const [sasl, saslContinue] = [10, 11];
/** A nonce is to make exchanges differ; to load a server the server's half of it does. */
const bare = "n=,r=a-nonce-of-the-benchmarks";
const first = encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from(`n,,${bare}`, "latin1"));

/** What a client answers that has kept its ClientKey, as drivers do. The server's own proof is not looked at. */
export class ScramReplies {
  readonly #clientKey: Uint8Array;
  readonly #storedKey: KeyObject;

  constructor(keys: { readonly clientKey: Uint8Array; readonly storedKey: Uint8Array }) {
    this.#clientKey = keys.clientKey;
    this.#storedKey = createSecretKey(keys.storedKey);
  }

  /** The reply to an authentication request; undefined: none is due. */
  to(buffer: Buffer, from: number, end: number): Buffer | undefined {
    const kind = buffer.readUInt32BE(from);
    if (kind === sasl) return first;
    return kind === saslContinue ? this.#proof(buffer.toString("latin1", from + 4, end)) : undefined;
  }

  #proof(serverFirst: string): Buffer {
    const nonce = serverFirst.slice(0, serverFirst.indexOf(","));
    const withoutProof = `c=biws,${nonce}`;
    const proof = createHmac("sha256", this.#storedKey)
      .update(`${bare},${serverFirst},${withoutProof}`, "latin1")
      .digest();
    for (let at = 0; at < proof.length; at += 1) proof[at] = (proof[at] ?? 0) ^ (this.#clientKey[at] ?? 0);
    return encodeSaslResponse(Buffer.from(`${withoutProof},p=${proof.toString("base64")}`, "latin1"));
  }
}
