/** The authentication requests (`R`), both ways: manual, "Message Formats". */
import { toBuffer } from "../byte-string.ts";
import { BodyReader, cstring, encodeMessage, int32 } from "./body.ts";

/** What a server asks for, or that it is content. Codes without a name here arrive as `unknown`. */
export type AuthenticationRequest =
  | { readonly kind: "ok" }
  | { readonly kind: "cleartext_password" }
  /** `salt` is four bytes. */
  | { readonly kind: "md5_password"; readonly salt: Buffer }
  | { readonly kind: "gss" }
  | { readonly kind: "gss_continue"; readonly data: Buffer }
  | { readonly kind: "sspi" }
  | { readonly kind: "sasl"; readonly mechanisms: readonly string[] }
  | { readonly kind: "sasl_continue"; readonly data: Buffer }
  | { readonly kind: "sasl_final"; readonly data: Buffer };

export function encodeAuthentication(request: AuthenticationRequest): Buffer {
  switch (request.kind) {
    case "ok":
      return encodeMessage("R", int32(0));
    case "cleartext_password":
      return encodeMessage("R", int32(3));
    case "md5_password":
      return encodeMessage("R", int32(5), request.salt);
    case "gss":
      return encodeMessage("R", int32(7));
    case "gss_continue":
      return encodeMessage("R", int32(8), request.data);
    case "sspi":
      return encodeMessage("R", int32(9));
    case "sasl":
      return encodeMessage("R", int32(10), ...request.mechanisms.map(cstring), toBuffer("\0"));
    case "sasl_continue":
      return encodeMessage("R", int32(11), request.data);
    case "sasl_final":
      return encodeMessage("R", int32(12), request.data);
  }
}

/** @throws {WireError} `malformed_message` */
export function decodeAuthentication(
  body: Buffer,
): AuthenticationRequest | { readonly kind: "unknown"; readonly method: number } {
  const reader = new BodyReader(body, "Authentication");
  const method = reader.int32();
  const request = decodePayload(method, reader);
  reader.end();
  return request;
}

function decodePayload(
  method: number,
  reader: BodyReader,
): AuthenticationRequest | { readonly kind: "unknown"; readonly method: number } {
  switch (method) {
    case 0:
      return { kind: "ok" };
    case 3:
      return { kind: "cleartext_password" };
    case 5:
      return { kind: "md5_password", salt: reader.bytes(4) };
    case 7:
      return { kind: "gss" };
    case 8:
      return { kind: "gss_continue", data: reader.rest() };
    case 9:
      return { kind: "sspi" };
    case 10:
      return { kind: "sasl", mechanisms: decodeMechanisms(reader) };
    case 11:
      return { kind: "sasl_continue", data: reader.rest() };
    case 12:
      return { kind: "sasl_final", data: reader.rest() };
    default:
      reader.rest();
      return { kind: "unknown", method };
  }
}

function decodeMechanisms(reader: BodyReader): readonly string[] {
  const mechanisms: string[] = [];
  for (let name = reader.string(); name !== ""; name = reader.string()) {
    mechanisms.push(name);
  }
  return mechanisms;
}
