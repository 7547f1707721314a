import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";

/** Why TLS cannot be set up, in the words of a server that is started with these settings. */
export class TlsFault extends Error {
  override readonly name: string = "TlsFault";
  readonly detail: Bytes | undefined;
  readonly hint: Bytes | undefined;

  constructor(
    message: Bytes,
    more: { readonly detail?: Bytes; readonly hint?: Bytes; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.detail = more.detail;
    this.hint = more.hint;
  }
}

/** Its words for people; null: there are none. */
export interface TlsFaultTexts {
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
}

export function faultTexts({ message, detail, hint }: TlsFault): TlsFaultTexts {
  return { message: utf8Text(message), detail: textOrNull(detail), hint: textOrNull(hint) };
}

function textOrNull(bytes: Bytes | undefined): string | null {
  return bytes === undefined ? null : utf8Text(bytes);
}

/** The reason that OpenSSL gives, such as `key values mismatch`; else whatever the error says. */
export function openSslReason(error: unknown): Bytes {
  if (!(error instanceof Error)) return "unknown error";
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
}
