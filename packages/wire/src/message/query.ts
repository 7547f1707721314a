/** What a client sends after ReadyForQuery: simple and extended query. Parameters and results are in text format. */
import { toBuffer } from "../byte-string.ts";
import { WireError } from "../errors.ts";
import { cstring, encodeMessage, int16, int32 } from "./body.ts";

export function encodeQuery(sql: string): Buffer {
  return encodeMessage("Q", cstring(sql));
}

/** Parse without parameter types: the server infers them. An empty name is the unnamed statement. */
export function encodeParse(statement: string, sql: string): Buffer {
  return encodeMessage("P", cstring(statement), cstring(sql), int16(0));
}

/** Bind to the unnamed portal. A parameter is a byte string, or null for NULL. */
export function encodeBind(statement: string, parameters: readonly (string | null)[]): Buffer {
  if (parameters.length > 0x7fff) {
    throw new WireError(
      "invalid_value",
      `a statement takes at most 32767 parameters here, not ${parameters.length}`,
    );
  }
  const values = parameters.flatMap((parameter) => {
    const value = parameter === null ? null : toBuffer(parameter);
    return value === null ? [int32(-1)] : [int32(value.length), value];
  });
  return encodeMessage(
    "B",
    cstring(""),
    cstring(statement),
    int16(0),
    int16(parameters.length),
    ...values,
    int16(0),
  );
}

export function encodeDescribeStatement(statement: string): Buffer {
  return encodeMessage("D", toBuffer("S"), cstring(statement));
}

export function encodeDescribePortal(portal = ""): Buffer {
  return encodeMessage("D", toBuffer("P"), cstring(portal));
}

/** Execute the unnamed portal to its end. */
export function encodeExecute(): Buffer {
  return encodeMessage("E", cstring(""), int32(0));
}

export function encodeSync(): Buffer {
  return encodeMessage("S");
}

export function encodeTerminate(): Buffer {
  return encodeMessage("X");
}
