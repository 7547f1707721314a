/**
 * The requests of this client (RFC 4511, 4.2, 4.3, 4.5, 4.14), put into BER by ldapts, whose own reader and client are not
 * used: docs/decisions/0016-ldap-answers-are-read-here.md. Names, values and passwords are bytes in whatever encoding the client sent them.
 */
import { BerWriter } from "ldapts";
import type { Bytes } from "@sallyport/policy";
import { writeFilter } from "./filter.ts";
import type { Filter } from "./filter.ts";

export interface SearchRequest {
  readonly base: Bytes;
  /** 0 base, 1 one level, 2 subtree, 3 subordinates. */
  readonly scope: number;
  readonly filter: Filter;
}

export type Request =
  | { readonly kind: "bind"; readonly dn: Bytes; readonly password: Bytes }
  | ({ readonly kind: "search" } & SearchRequest)
  | { readonly kind: "start_tls" }
  | { readonly kind: "unbind" };

const tags = { bind: 0x60, unbind: 0x42, search: 0x63, start_tls: 0x77 } as const;
const octetString = 0x04;
const simple = 0x80;
const extendedName = 0x80;
const startTls = "1.3.6.1.4.1.1466.20037";

/** One LDAPMessage; whoever sends it wipes it: there is no other copy of the password in it. */
export function encodeRequest(id: number, request: Request): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  if (request.kind === "unbind") writer.writeBuffer(Buffer.alloc(0), tags.unbind);
  else {
    writer.startSequence(tags[request.kind]);
    writeBody(writer, request);
    writer.endSequence();
  }
  writer.endSequence();
  const message = writer.buffer;
  // The writer moves what is short to the left, and leaves behind the message what stood there: the end of a password.
  new Uint8Array(message.buffer, message.byteOffset + message.length).fill(0);
  return message;
}

function writeBody(writer: BerWriter, request: Exclude<Request, { kind: "unbind" }>): void {
  const write = (bytes: Bytes, tag: number = octetString): void =>
    writer.writeBuffer(Buffer.from(bytes, "latin1"), tag);
  switch (request.kind) {
    case "bind":
      writer.writeInt(3);
      write(request.dn);
      writeSecret(writer, request.password, simple);
      return;
    case "start_tls":
      write(startTls, extendedName);
      return;
    case "search":
      write(request.base);
      writer.writeEnumeration(request.scope);
      writer.writeEnumeration(0); // aliases are never followed
      writer.writeInt(0);
      writer.writeInt(0); // no limit of size or time but the server's own
      writer.writeBoolean(false);
      writeFilter(writer, request.filter);
      writer.startSequence();
      write("1.1"); // no attribute
      writer.endSequence();
  }
}

/** The bytes in between are no part of a pool, where they would stay until something else happens to lie there. */
function writeSecret(writer: BerWriter, secret: Bytes, tag: number): void {
  const bytes = Buffer.alloc(secret.length);
  bytes.write(secret, "latin1");
  try {
    writer.writeBuffer(bytes, tag);
  } finally {
    bytes.fill(0);
  }
}
