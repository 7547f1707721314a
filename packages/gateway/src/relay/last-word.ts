import { decodeErrorFields } from "@sallyport/wire";

/**
 * Does a session end with this error, or this notice? It does with a FATAL or PANIC, and with the notice of a server
 * that is shut down at once or has crashed.
 */
export function isLastWord(body: Buffer): boolean {
  try {
    const fields = decodeErrorFields(body);
    return fields.some(
      ({ type, value }) =>
        (type === "V" && (value === "FATAL" || value === "PANIC")) ||
        (type === "C" && (value === "57P01" || value === "57P02")),
    );
  } catch {
    return false; // not of a PostgreSQL
  }
}
