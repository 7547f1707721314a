import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { Bytes } from "@sallyport/policy";
import { systemReason } from "../log/system-reason.ts";
import { TlsFault } from "./tls-fault.ts";

/** Larger than any private key. */
const largestKey = 1024 * 1024;

/**
 * The text of the private key. Nobody else may read the file: it belongs to us, or to root with at most a group that may read it
 * (manual, 18.9.1).
 *
 * @param uid of the user that the gateway runs as
 * @throws {TlsFault}
 */
export async function readKeyFile(path: Bytes, uid: number): Promise<Bytes> {
  const file = await open(Buffer.from(path, "latin1"), constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw new TlsFault(`could not access private key file "${path}": ${systemReason(error)}`);
    },
  );
  try {
    // Of the file that is open, not of what the name means a moment later.
    const status = await file.stat();
    checkKeyFile(path, status, uid);
    if (status.size > largestKey) throw new TlsFault(`private key file "${path}" is too large`);
    return await file.readFile("latin1");
  } finally {
    await file.close();
  }
}

function checkKeyFile(path: Bytes, status: Stats, uid: number): void {
  if (!status.isFile()) throw new TlsFault(`private key file "${path}" is not a regular file`);
  if (status.uid !== uid && status.uid !== 0)
    throw new TlsFault(`private key file "${path}" must be owned by the database user or root`);
  const forbidden = status.uid === uid ? 0o077 : 0o037;
  if ((status.mode & forbidden) !== 0) {
    throw new TlsFault(`private key file "${path}" has group or world access`, {
      detail:
        "File must have permissions u=rw (0600) or less if owned by the database user, or permissions u=rw,g=r (0640) or less if owned by root.",
    });
  }
}
