import { getSystemErrorName } from "node:util";
import type { Bytes } from "@sallyport/policy";

/** Why the resolver has no answer. */
export interface LookUpFailure {
  /** As getaddrinfo(3) calls it: `EAI_NONAME`. */
  readonly code: string;
  /** Its `gai_strerror`, as PostgreSQL prints it. */
  readonly words: Bytes;
}

/** What the C library of Debian says of each. */
const words: Readonly<Record<string, Bytes>> = {
  EAI_ADDRFAMILY: "Address family for hostname not supported",
  EAI_AGAIN: "Temporary failure in name resolution",
  EAI_BADFLAGS: "Bad value for ai_flags",
  EAI_FAIL: "Non-recoverable failure in name resolution",
  EAI_FAMILY: "ai_family not supported",
  EAI_MEMORY: "Memory allocation failure",
  EAI_NODATA: "No address associated with hostname",
  EAI_NONAME: "Name or service not known",
  EAI_SERVICE: "Servname not supported for ai_socktype",
  EAI_SOCKTYPE: "ai_socktype not supported",
};

export function lookUpFailure(code: string): LookUpFailure {
  return { code, words: words[code] ?? "System error" };
}

/** Of an error of `node:dns`; its `code` would not do, since that makes one of what the C library tells apart. */
export function failureOf(error: unknown): LookUpFailure {
  const { errno } = error instanceof Error && "errno" in error ? error : { errno: undefined };
  return lookUpFailure(typeof errno === "number" && errno < 0 ? getSystemErrorName(errno) : "EAI_SYSTEM");
}
