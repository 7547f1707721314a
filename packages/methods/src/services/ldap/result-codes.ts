import type { Bytes } from "@sallyport/policy";

/** Failures of the library itself, which no server sends (OpenLDAP's `ldap.h`). */
export const apiError = {
  serverDown: -1,
  localError: -2,
  decodingError: -4,
  timeout: -5,
  filterError: -7,
  paramError: -9,
  connectError: -11,
} as const;

/** Result codes of servers that this client looks at (RFC 4511, appendix A). */
export const resultCode = { success: 0, sizeLimitExceeded: 4 } as const;

/** What `ldap_err2string` of OpenLDAP 2.5 says of each code, which is what PostgreSQL logs. */
const words: Readonly<Record<number, Bytes>> = {
  [-1]: "Can't contact LDAP server",
  [-2]: "Local error",
  [-4]: "Decoding error",
  [-5]: "Timed out",
  [-7]: "Bad search filter",
  [-9]: "Bad parameter to an ldap routine",
  [-11]: "Connect error",
  0: "Success",
  1: "Operations error",
  2: "Protocol error",
  3: "Time limit exceeded",
  4: "Size limit exceeded",
  5: "Compare False",
  6: "Compare True",
  7: "Authentication method not supported",
  8: "Strong(er) authentication required",
  9: "Partial results and referral received",
  10: "Referral",
  11: "Administrative limit exceeded",
  12: "Critical extension is unavailable",
  13: "Confidentiality required",
  14: "SASL bind in progress",
  16: "No such attribute",
  17: "Undefined attribute type",
  18: "Inappropriate matching",
  19: "Constraint violation",
  20: "Type or value exists",
  21: "Invalid syntax",
  32: "No such object",
  33: "Alias problem",
  34: "Invalid DN syntax",
  35: "Entry is a leaf",
  36: "Alias dereferencing problem",
  47: "Proxy Authorization Failure (X)",
  48: "Inappropriate authentication",
  49: "Invalid credentials",
  50: "Insufficient access",
  51: "Server is busy",
  52: "Server is unavailable",
  53: "Server is unwilling to perform",
  54: "Loop detected",
  64: "Naming violation",
  65: "Object class violation",
  66: "Operation not allowed on non-leaf",
  67: "Operation not allowed on RDN",
  68: "Already exists",
  69: "Cannot modify object class",
  70: "Results too large",
  71: "Operation affects multiple DSAs",
  76: "Virtual List View error",
  80: "Other (e.g., implementation specific) error",
  113: "LCUP Resources Exhausted",
  114: "LCUP Security Violation",
  115: "LCUP Invalid Data",
  116: "LCUP Unsupported Scheme",
  117: "LCUP Reload Required",
  118: "Cancelled",
  119: "No Operation to Cancel",
  120: "Too Late to Cancel",
  121: "Cannot Cancel",
  122: "Assertion Failed",
  123: "Proxied Authorization Denied",
  4096: "Content Sync Refresh Required",
};

export function resultWords(code: number): Bytes {
  const known = words[code];
  if (known !== undefined) return known;
  if (code < 0) return "Unknown API error";
  if (code >= 0x4000) return "Unknown (private extension) error";
  return code >= 0x1000 ? "Unknown (extension) error" : "Unknown error";
}
