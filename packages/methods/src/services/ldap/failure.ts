import type { Bytes } from "@sallyport/policy";
import { resultWords } from "./result-codes.ts";

/** An operation that did not succeed: the server said so, or it could not be asked. There is no secret in it. */
export class LdapFailure extends Error {
  override readonly name: string = "LdapFailure";
  /** Of the server (RFC 4511, 4.1.9), or negative: OpenLDAP's number for trouble on our side. */
  readonly code: number;
  /** What OpenLDAP would have to say about it, in its words. */
  readonly words: Bytes;
  /** More about it, of the server or of the connection; null: nothing. */
  readonly diagnostics: Bytes | null;

  constructor(code: number, diagnostics: Bytes | null = null) {
    const words = resultWords(code);
    super(words);
    this.code = code;
    this.words = words;
    this.diagnostics = diagnostics;
  }
}
