/** A certificate that failed, as PostgreSQL's log shows it since 16: nothing of it is to be believed. */
import type { X509Certificate } from "node:crypto";
import { WireError } from "../errors.ts";
import { certificateFields, nameEntries } from "./name.ts";
import { valueText } from "./value-text.ts";

/** What it takes to tell certificates apart, whoever made them. */
const MAX_NAME = 71;
/** RFC 5280 allows 20. */
const MAX_SERIAL_NUMBER = 512;

const unknown = "unknown";

/** `subject "/CN=alice", serial number 4096, issuer "/CN=Some CA"`. */
export function certificateForLog(certificate: X509Certificate): string {
  const subject = nameForLog(certificate, "subject");
  const issuer = nameForLog(certificate, "issuer");
  return `subject "${subject}", serial number ${serialNumberForLog(certificate)}, issuer "${issuer}"`;
}

/**
 * A name as `/O=Org/CN=alice`, with its escapes: its last 71 bytes if it is longer, then anything but printable ASCII
 * as `\xHH`.
 */
export function nameForLog(certificate: X509Certificate, which: "subject" | "issuer"): string {
  return orUnknown(() => {
    const entries = nameEntries(certificate, which);
    const whole = entries.map((entry) => `/${entry.label}=${valueText(entry, false)}`).join("");
    const end = whole.length > MAX_NAME ? `...${whole.slice(3 - MAX_NAME)}` : whole;
    return end.replaceAll(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  });
}

/** In decimal, and negative where the certificate says so. */
export function serialNumberForLog(certificate: X509Certificate): string {
  return orUnknown(() => {
    const { serialNumber } = certificateFields(certificate.raw);
    if (serialNumber.length === 0 || serialNumber.length > MAX_SERIAL_NUMBER) return unknown;
    const value = BigInt(`0x${serialNumber.toString("hex")}`);
    return String(BigInt.asIntN(8 * serialNumber.length, value));
  });
}

function orUnknown(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return unknown;
    throw error;
  }
}
