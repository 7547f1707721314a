/** The client's side of authentication: trust, cleartext, MD5, SCRAM-SHA-256 with and without channel binding. */
import type { FoundPassword } from "../conninfo/passfile.ts";
import { WireError } from "../errors.ts";
import { md5Digest, md5Response } from "../md5.ts";
import type { AuthenticationRequest } from "../message/authentication.ts";
import { encodePasswordMessage, encodeSaslInitialResponse, encodeSaslResponse } from "../message/password.ts";
import { startScramClient } from "../scram/client.ts";
import type { ScramClient, ScramClientFinal } from "../scram/client.ts";
import { normalizePassword } from "../scram/password.ts";
import type { Proof } from "./proof.ts";
import { chooseMechanism } from "./channel-binding.ts";
import type { ClientChannelBinding } from "./channel-binding.ts";
import type { AuthRequirement, RequirableMethod } from "./require-auth.ts";

export interface Credentials {
  /** As in the startup packet. */
  readonly user: string;
  /** Called once at most, and only when the server asks for a password. */
  readonly findPassword: () => Promise<FoundPassword>;
  readonly requireAuth: AuthRequirement;
  /** All that we may log in with, in place of a password of ours; null: there is nothing; absent: it is not so. */
  readonly proof?: Proof | null | undefined;
  /** Whether the password of a proof may be made use of: sent, or answered with in a form that it was not proved in. */
  readonly isPrivate?: boolean;
  readonly channelBinding: ClientChannelBinding;
  /** Why a certificate of ours that had to be shown was not; null: nothing is wrong. */
  readonly lacksCertificate: string | null;
  /** Random bytes. */
  readonly random: (length: number) => Buffer;
}

/** How often a server may ask for a password: PAM behind it may have several questions. */
const MAX_PASSWORD_REQUESTS = 10;

type State =
  | { readonly kind: "none" }
  | { readonly kind: "password"; readonly requests: number }
  | { readonly kind: "first_sent"; readonly scram: ScramClient; readonly bound: boolean }
  | { readonly kind: "final_sent"; readonly verify: ScramClientFinal["verify"]; readonly bound: boolean }
  | { readonly kind: "verified"; readonly bound: boolean };

/** One authentication; give it each request of the server in turn. */
export class ClientAuthentication {
  readonly #credentials: Credentials;
  #found: FoundPassword | null = null;
  #state: State = { kind: "none" };

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /**
   * @returns the message to send, or null: after `ok`, and after the server's last word in SCRAM
   * @throws {WireError} `authentication_failed` if the server asks for what we refuse or cannot prove itself,
   * `not_supported`, `unexpected_message`
   */
  async answer(
    request: AuthenticationRequest | { readonly kind: "unknown"; readonly method: number },
  ): Promise<Buffer | null> {
    switch (request.kind) {
      case "ok":
        this.#checkComplete();
        return null;
      case "cleartext_password":
        this.#require("password", "server requested a cleartext password");
        this.#requireNoBinding();
        this.#countRequest();
        return encodePasswordMessage(await this.#password());
      case "md5_password":
        this.#require("md5", "server requested a hashed password");
        this.#requireNoBinding();
        this.#countRequest();
        return encodePasswordMessage(md5Response(await this.#digest(), request.salt));
      case "sasl":
        return await this.#startScram(request.mechanisms);
      case "sasl_continue":
        return await this.#continueScram(request.data);
      case "sasl_final":
        return this.#finishScram(request.data);
      case "gss":
      case "gss_continue":
        return this.#unsupported("gss", "GSSAPI authentication");
      case "sspi":
        return this.#unsupported("sspi", "SSPI authentication");
      case "unknown":
        this.#requireNoBinding();
        throw new WireError("not_supported", `authentication method ${request.method} not supported`);
    }
  }

  /** AuthenticationOk counts only if nothing was begun and left unfinished, and if `none` will do otherwise. */
  #checkComplete(): void {
    const { kind } = this.#state;
    const { lacksCertificate, channelBinding } = this.#credentials;
    if (lacksCertificate !== null) {
      throw failed(lacksCertificate);
    }
    if (kind === "first_sent" || kind === "final_sent") {
      throw failed("the server ended the SCRAM exchange without proving itself");
    }
    if (kind === "none") {
      this.#require("none", "server did not complete authentication");
    }
    if (channelBinding.mode === "require" && !(this.#state.kind === "verified" && this.#state.bound)) {
      throw failed("channel binding required, but server authenticated client without channel binding");
    }
  }

  async #startScram(mechanisms: readonly string[]): Promise<Buffer> {
    this.#require("scram-sha-256", "server requested SASL authentication");
    const { mechanism, binding } = chooseMechanism(mechanisms, this.#credentials.channelBinding);
    if (this.#state.kind !== "none") {
      throw unexpected();
    }
    const nonce = this.#credentials.random(18);
    const proved = this.#credentials.proof?.scram() ?? null;
    const scram = startScramClient(
      proved === null
        ? { password: normalizePassword(await this.#password()), nonce, binding }
        : { proved, nonce, binding },
    );
    this.#state = { kind: "first_sent", scram, bound: typeof binding !== "string" };
    return encodeSaslInitialResponse(mechanism, Buffer.from(scram.first, "latin1"));
  }

  async #continueScram(data: Buffer): Promise<Buffer> {
    if (this.#state.kind !== "first_sent") {
      throw unexpected();
    }
    const { scram, bound } = this.#state;
    const final = await scram.final(data.toString("latin1"));
    this.#state = { kind: "final_sent", verify: final.verify, bound };
    return encodeSaslResponse(Buffer.from(final.message, "latin1"));
  }

  #finishScram(data: Buffer): null {
    if (this.#state.kind !== "final_sent") {
      throw unexpected();
    }
    const { verify, bound } = this.#state;
    verify(data.toString("latin1"));
    this.#state = { kind: "verified", bound };
    return null;
  }

  #countRequest(): void {
    const requests = this.#state.kind === "password" ? this.#state.requests + 1 : 1;
    if (
      (this.#state.kind !== "none" && this.#state.kind !== "password") ||
      requests > MAX_PASSWORD_REQUESTS
    ) {
      throw unexpected();
    }
    this.#state = { kind: "password", requests };
  }

  async #digest(): Promise<string> {
    const { proof, user } = this.#credentials;
    return proof?.md5Digest()?.reveal() ?? md5Digest(await this.#password(), user);
  }

  async #password(): Promise<string> {
    const { proof, isPrivate = false } = this.#credentials;
    if (proof !== undefined) return provedPassword(proof, isPrivate);
    this.#found ??= await this.#credentials.findPassword();
    const { password, warning } = this.#found;
    const bytes = password?.reveal() ?? "";
    if (bytes === "") {
      const reason = warning === null ? "" : `: ${warning}`;
      throw failed(`the server asks for a password and none was supplied${reason}`);
    }
    return bytes;
  }

  #require(method: RequirableMethod, what: string): void {
    const { allowed, text } = this.#credentials.requireAuth;
    if (!allowed.has(method)) {
      throw failed(`authentication method requirement "${text}" failed: ${what}`);
    }
  }

  /** Whatever is no SASL is bound to nothing, and may show the password to whoever asks for it. */
  #requireNoBinding(): void {
    if (this.#credentials.channelBinding.mode === "require") {
      throw failed("channel binding required but not supported by server's authentication request");
    }
  }

  #unsupported(method: RequirableMethod, name: string): never {
    this.#require(method, `server requested ${name}`);
    this.#requireNoBinding();
    throw new WireError("not_supported", `${name} is not supported by this build`);
  }
}

function provedPassword(proof: Proof | null, isPrivate: boolean): string {
  const password = proof?.password() ?? null;
  if (password === null) {
    throw failed("the server asks for what the client has not proved");
  }
  if (!isPrivate) {
    throw failed(
      "the server asks for the client's password, which is given only over TLS with sslmode=verify-ca or verify-full, or a Unix socket",
    );
  }
  return password.reveal();
}

function failed(message: string): WireError {
  return new WireError("authentication_failed", message);
}

function unexpected(): WireError {
  return new WireError("unexpected_message", "the server sent an authentication request out of order");
}
