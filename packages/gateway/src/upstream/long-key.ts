import { createHmac, timingSafeEqual } from "node:crypto";
import type { BackendKey } from "@sallyport/wire";

/** Octets of a key for a client of protocol 3.2. */
export const longKeyLength = 32;

const nodeLength = 8;
/** Node and slot. */
const nameLength = 16;

/** What keys are signed with, by all gateways that share a `node.key` and for nothing else. */
export function longKeySecret(nodeKey: Buffer): Buffer {
  return createHmac("sha256", nodeKey).update("sallyport cancel key").digest();
}

/**
 * Node, slot, and the first 16 bytes of their HMAC-SHA-256, into which the process id goes, too.
 *
 * @param node the gateway process that gives it: 8 bytes
 * @param slot another for each session of that process: 8 bytes
 */
export function encodeLongKey(secret: Buffer, processId: number, node: Buffer, slot: Buffer): Buffer {
  const name = Buffer.concat([node, slot]);
  return Buffer.concat([name, macOf(secret, processId, name)]);
}

/**
 * The node that gave a key. Null: none of the gateways that share the secret has given it for this process. No table is needed to
 * see it.
 */
export function nodeOfLongKey(secret: Buffer, { processId, secretKey }: BackendKey): Buffer | null {
  if (secretKey.length !== longKeyLength) return null;
  const name = secretKey.subarray(0, nameLength);
  const isGenuine = timingSafeEqual(secretKey.subarray(nameLength), macOf(secret, processId, name));
  return isGenuine ? name.subarray(0, nodeLength) : null;
}

function macOf(secret: Buffer, processId: number, name: Buffer): Buffer {
  const process = Buffer.alloc(4);
  process.writeInt32BE(processId);
  return createHmac("sha256", secret)
    .update(process)
    .update(name)
    .digest()
    .subarray(0, longKeyLength - nameLength);
}
