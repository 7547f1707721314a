import type { LoggedFault } from "../tls/handshake-fault.ts";

/** Of a packet that carries a token, its length word included: PostgreSQL's since its releases of May 2025. */
export const longestTokenPacket = 65_536;

/** Of a packet that carries a sealed message, both ways. */
export const longestPacket = 16_384;

/** The length word, which does not count itself. */
export const headLength = 4;

/** Why a connection with GSSAPI encryption cannot go on. The client hears nothing. */
export class GssFailure extends Error {
  override readonly name: string = "GssFailure";
  readonly fault: LoggedFault;

  constructor(message: string, detail?: string) {
    super(message);
    this.fault = { message, sqlstate: "00000", detail };
  }
}

/** @throws {GssFailure} the client announces more than it may send, before anything is kept for it */
export function checkedLength(head: Buffer, longest: number): number {
  const length = head.readUInt32BE(0);
  const most = longest - headLength;
  if (length <= most) return length;
  throw new GssFailure(`oversize GSSAPI packet sent by the client (${length} > ${most})`);
}

/** @throws {GssFailure} */
export function packetOf(content: Buffer, longest: number): Buffer {
  const most = longest - headLength;
  if (content.length > most) {
    throw new GssFailure(`server tried to send oversize GSSAPI packet (${content.length} > ${most})`);
  }
  const head = Buffer.alloc(headLength);
  head.writeUInt32BE(content.length);
  return Buffer.concat([head, content]);
}
