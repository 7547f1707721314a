import type { Bytes } from "@sallyport/policy";
import { systemError } from "@sallyport/policy/node";

/** `strerror` of the C library for what sockets can say, beyond what files can. */
const reasons: Readonly<Record<string, Bytes>> = {
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EAFNOSUPPORT: "Address family not supported by protocol",
  EDQUOT: "Disk quota exceeded",
  EEXIST: "File exists",
  ENOBUFS: "No buffer space available",
  ENOSPC: "No space left on device",
  EROFS: "Read-only file system",
};

/** Why a system call failed, as PostgreSQL prints it in English. */
export function systemReason(error: unknown): Bytes {
  const { code, reason } = systemError(error);
  return reasons[code] ?? reason;
}
