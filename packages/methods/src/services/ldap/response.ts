import type { Bytes } from "@sallyport/policy";
import { BerError, BerReader, sequence } from "./ber.ts";

/** The messages of a server that may answer a request of ours (RFC 4511, 4.2 to 4.12). */
export type LdapResponse = { readonly id: number } & (
  | { readonly kind: "bind" | "search_done" | "extended"; readonly result: LdapResult }
  | { readonly kind: "entry"; readonly dn: Bytes }
  | { readonly kind: "reference" }
);

export interface LdapResult {
  readonly code: number;
  /** Null: none. */
  readonly diagnostics: Bytes | null;
}

const integer = 0x02;
const enumerated = 0x0a;
const octetString = 0x04;
const controls = 0xa0;
const referral = 0xa3;

/** Tags of the operations, and of what may follow the LDAPResult in each. */
const results = {
  0x61: { kind: "bind", more: [0x87] },
  0x65: { kind: "search_done", more: [] },
  0x78: { kind: "extended", more: [0x8a, 0x8b] },
} as const;
const entry = 0x64;
const reference = 0x73;

/**
 * Reads one whole LDAPMessage. Nothing is guessed: a result without its code is an error and no success, and so is
 * anything too long, too short or left over.
 *
 * @throws {BerError}
 */
export function parseResponse(message: Buffer): LdapResponse {
  const whole = new BerReader(message);
  const parts = new BerReader(whole.take(sequence));
  whole.end();
  const id = parts.takeNumber(integer);
  const tag = parts.nextTag;
  if (tag === null) throw new BerError("a message without an operation");
  const body = new BerReader(parts.take(tag));
  if (parts.nextTag === controls) parts.skip();
  parts.end();
  if (tag === entry) {
    const dn = body.take(octetString).toString("latin1");
    body.take(sequence); // the attributes, of which none was asked for
    body.end();
    return { id, kind: "entry", dn };
  }
  if (tag === reference) return { id, kind: "reference" };
  if (tag !== 0x61 && tag !== 0x65 && tag !== 0x78) throw new BerError(`an operation with tag ${tag}`);
  const { kind, more } = results[tag];
  return { id, kind, result: parseResult(body, more) };
}

function parseResult(body: BerReader, more: readonly number[]): LdapResult {
  const code = body.takeNumber(enumerated);
  body.take(octetString); // the matched DN
  const diagnostics = body.take(octetString).toString("latin1");
  for (const tag of [referral, ...more]) if (body.nextTag === tag) body.skip();
  body.end();
  return { code, diagnostics: diagnostics === "" ? null : diagnostics };
}
