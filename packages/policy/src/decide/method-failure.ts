import type { Bytes } from "../bytes.ts";
import type { Method } from "../hba/method.ts";

/** How a method is called when it failed (manual, appendix A: 28000 and 28P01). */
const words: Readonly<Record<Method, { readonly text: string; readonly code: "28000" | "28P01" }>> = {
  trust: { text: '"trust" authentication failed', code: "28000" },
  reject: { text: "authentication failed", code: "28000" },
  "scram-sha-256": { text: "password authentication failed", code: "28P01" },
  md5: { text: "password authentication failed", code: "28P01" },
  password: { text: "password authentication failed", code: "28P01" },
  gss: { text: "GSSAPI authentication failed", code: "28000" },
  sspi: { text: "SSPI authentication failed", code: "28000" },
  ident: { text: "Ident authentication failed", code: "28000" },
  peer: { text: "Peer authentication failed", code: "28000" },
  ldap: { text: "LDAP authentication failed", code: "28000" },
  radius: { text: "RADIUS authentication failed", code: "28000" },
  cert: { text: "certificate authentication failed", code: "28000" },
  pam: { text: "PAM authentication failed", code: "28000" },
  bsd: { text: "BSD authentication failed", code: "28000" },
  oauth: { text: "OAuth bearer authentication failed", code: "28000" },
};

/** What a client hears of a method that did not let it in: the same for every reason. */
export function methodFailure(
  method: Method,
  user: Bytes,
): { readonly message: Bytes; readonly sqlstate: "28000" | "28P01" } {
  const { text, code } = words[method];
  return { message: `${text} for user "${user}"`, sqlstate: code };
}
