/** ErrorResponse and NoticeResponse: manual, "Error and Notice Message Fields". */
import { toBuffer } from "../byte-string.ts";
import type { ErrorField, FatalError } from "../errors.ts";
import { cstring, encodeMessage } from "./body.ts";

/** How an error is written: `v3`, or as protocol 2 had it, for clients that asked for major version 0, 1 or 2. */
export type ErrorFormat = "v2" | "v3";

/** The fields of a FATAL, in PostgreSQL's order; the log-only parts of the error stay behind. */
export function fatalErrorFields(error: FatalError): readonly ErrorField[] {
  const fields = [
    { type: "S", value: error.severity },
    { type: "V", value: error.severity },
    { type: "C", value: error.code },
    { type: "M", value: error.message },
  ];
  if (error.detail !== undefined) {
    fields.push({ type: "D", value: error.detail });
  }
  if (error.hint !== undefined) {
    fields.push({ type: "H", value: error.hint });
  }
  return fields;
}

export function encodeErrorResponse(fields: readonly ErrorField[]): Buffer {
  return encodeFields("E", fields);
}

export function encodeNoticeResponse(fields: readonly ErrorField[]): Buffer {
  return encodeFields("N", fields);
}

/** A FATAL for a client: in the old format only severity and primary message exist, and there is no length word. */
export function encodeFatalError(error: FatalError, format: ErrorFormat = "v3"): Buffer {
  return format === "v3"
    ? encodeErrorResponse(fatalErrorFields(error))
    : toBuffer(`E${error.severity}:  ${error.message.replaceAll("\n", "\n\t").replaceAll("\0", "")}\n\0`);
}

function encodeFields(type: "E" | "N", fields: readonly ErrorField[]): Buffer {
  const parts = fields.map((field) => cstring(field.type.slice(0, 1) + field.value));
  return encodeMessage(type, ...parts, Buffer.of(0));
}

/**
 * The fields of an ErrorResponse or NoticeResponse.
 *
 * Total: an error must be reportable even if the server that sends it is broken or hostile, so a missing
 * terminator ends the last field at the end of the message, and no field at all is an empty list.
 */
export function decodeErrorFields(body: Buffer): readonly ErrorField[] {
  const fields: ErrorField[] = [];
  let offset = 0;
  while (offset < body.length && body[offset] !== 0) {
    const nul = body.indexOf(0, offset);
    const end = nul < 0 ? body.length : nul;
    fields.push({
      type: body.toString("latin1", offset, offset + 1),
      value: body.toString("latin1", offset + 1, end),
    });
    offset = end + 1;
  }
  return fields;
}
