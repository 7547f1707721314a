import { ServerError, WireError } from "../errors.ts";
import type { MessageReader } from "../frame/message-reader.ts";

/** An ErrorResponse of protocol 3 has at least this length word; libpq's own bounds for telling it from an older one. */
const MIN_ERROR = 8;
const MAX_ERROR = 30_000;

/**
 * The first answer may be an error without a length word: of a server before 7.4, or of one that is so short of
 * memory that it could not fork. Then a text stands where the length should be.
 *
 * @throws {ServerError} if it is one
 */
export async function refuseOldError(reader: MessageReader, signal: AbortSignal | undefined): Promise<void> {
  const head = await reader.peek(5, signal);
  const length = head.readUInt32BE(1);
  if (head.toString("latin1", 0, 1) !== "E" || (length >= MIN_ERROR && length <= MAX_ERROR)) {
    return;
  }
  await reader.readBytes(1, signal);
  const bytes: number[] = [];
  for (let byte = await nextByte(reader, signal); byte > 0 && bytes.length < MAX_ERROR;) {
    bytes.push(byte);
    byte = await nextByte(reader, signal);
  }
  const text = Buffer.from(bytes).toString("latin1").trimEnd();
  const [, severity = "FATAL", message = text] = /^([A-Z]+): +(.*)$/s.exec(text) ?? [];
  const fields = [
    { type: "S", value: severity },
    { type: "M", value: message },
  ];
  throw new ServerError(text === "" ? [] : fields);
}

/** 0 at the end as well. */
async function nextByte(reader: MessageReader, signal: AbortSignal | undefined): Promise<number> {
  try {
    return (await reader.readBytes(1, signal)).readUInt8(0);
  } catch (error) {
    if (error instanceof WireError && error.code === "peer_closed") {
      return 0;
    }
    throw error;
  }
}
