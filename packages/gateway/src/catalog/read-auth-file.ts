import type { Bytes } from "@sallyport/policy";
import { createPace } from "@sallyport/policy/node";
import { systemDisk } from "../config/index.ts";
import { AuthFile, parseAuthFile } from "./auth-file.ts";

/** `auth_file` as it was found, or why it cannot be used, in words for the log and for people. */
export type AuthFileReading =
  | { readonly file: AuthFile }
  | { readonly message: Bytes; readonly hint: string | null };

/**
 * Reads `auth_file`, and refuses one that others may read: who knows an MD5 secret can log in with it. The sessions
 * have their turns meanwhile. Never rejects.
 */
export async function readAuthFile(fileName: Bytes): Promise<AuthFileReading> {
  const content = await systemDisk.readFile(fileName);
  if ("openError" in content) {
    return { message: `could not open auth_file "${fileName}": ${content.openError.reason}`, hint: null };
  }
  // As PostgreSQL has it with a private key: one of root's may be read by the group of who runs the gateway.
  if ((content.mode & (content.uid === 0 ? 0o037 : 0o077)) !== 0) {
    const hint = "Permissions should be u=rw (0600) or less, or u=rw,g=r (0640) if it belongs to root.";
    return { message: `auth_file "${fileName}" has group or world access`, hint };
  }
  const parsed = await createPace()(parseAuthFile(content.bytes));
  return "reason" in parsed
    ? { message: `auth_file "${fileName}", line ${parsed.line}: ${parsed.reason}`, hint: formatHint }
    : { file: new AuthFile(fileName, parsed) };
}

const formatHint = `Each line has a name and a secret: "name" "SCRAM-SHA-256$4096:..."`;
