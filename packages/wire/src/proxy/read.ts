import { WireError } from "../errors.ts";
import type { MessageReader } from "../frame/message-reader.ts";
import { MAX_PROXY_HEADER, parseProxyHeader } from "./header.ts";
import type { ProxyHeader } from "./parsed-header.ts";

export type ReadProxyHeader =
  | ProxyHeader
  /** What came is no header, or ended within one. Nothing is ever answered. */
  | { readonly kind: "malformed"; readonly reason: string }
  /** Somebody connected and left without a byte, as balancers do that only ask whether the port is open. */
  | { readonly kind: "silent_close" };

/**
 * Reads a header, and nothing that stands behind it.
 *
 * @throws {WireError} other than `peer_closed`: `socket_failed`, `timeout`, `aborted`
 */
export async function readProxyHeader(reader: MessageReader, signal?: AbortSignal): Promise<ReadProxyHeader> {
  for (;;) {
    const bytes = await reader.peek(Math.min(reader.buffered, MAX_PROXY_HEADER));
    const parsed = parseProxyHeader(bytes);
    if (parsed.kind === "malformed") return parsed;
    if (parsed.kind === "header") {
      await reader.readBytes(parsed.length);
      return parsed.header;
    }
    try {
      await reader.more(signal);
    } catch (error) {
      if (!(error instanceof WireError && error.code === "peer_closed")) throw error;
      if (reader.buffered === 0) return { kind: "silent_close" };
      return { kind: "malformed", reason: "a header that is cut short" };
    }
  }
}
