import type { Bytes } from "@sallyport/policy";
import { systemError } from "@sallyport/policy/node";

/** `strerror` of the C library for what sockets can say, beyond what files can. */
const reasons: Readonly<Record<string, Bytes>> = {
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EAFNOSUPPORT: "Address family not supported by protocol",
  ECONNABORTED: "Software caused connection abort",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EDQUOT: "Disk quota exceeded",
  EEXIST: "File exists",
  EHOSTDOWN: "Host is down",
  EHOSTUNREACH: "No route to host",
  EMSGSIZE: "Message too long",
  ENETDOWN: "Network is down",
  ENETUNREACH: "Network is unreachable",
  ENOBUFS: "No buffer space available",
  ENOSPC: "No space left on device",
  EPIPE: "Broken pipe",
  EROFS: "Read-only file system",
  ETIMEDOUT: "Connection timed out",
};

/** Why a system call failed, as PostgreSQL prints it in English. */
export function systemReason(error: unknown): Bytes {
  const { code, reason } = systemError(error);
  return reasons[code] ?? reason;
}
