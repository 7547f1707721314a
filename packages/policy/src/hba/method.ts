import type { Bytes } from "../bytes.ts";
import type { Feature, ServerProfile } from "../profile.ts";

/** The authentication methods of `pg_hba.conf` (manual, 20.3). */
export type Method =
  | "trust"
  | "reject"
  | "scram-sha-256"
  | "md5"
  | "password"
  | "gss"
  | "sspi"
  | "ident"
  | "peer"
  | "ldap"
  | "radius"
  | "cert"
  | "pam"
  | "bsd"
  | "oauth";

interface MethodEntry {
  /** The build feature without which the server knows the word and refuses it. */
  readonly needs?: Feature;
  /** How the messages about options call it, if not by its word. */
  readonly label?: string;
}

/** Every method word, in the order of the manual. */
export const methods: Readonly<Record<Method, MethodEntry>> = {
  trust: {},
  reject: {},
  "scram-sha-256": {},
  md5: {},
  password: {},
  gss: { needs: "gssapi", label: "gssapi" },
  sspi: { needs: "sspi" },
  ident: {},
  peer: {},
  ldap: { needs: "ldap" },
  radius: {},
  cert: { needs: "ssl" },
  pam: { needs: "pam" },
  bsd: { needs: "bsd" },
  oauth: {},
};

/** The method that a word names. Not `built`: the server knows the word and was built without it. */
export function findMethod(
  word: Bytes,
  profile: ServerProfile,
): { readonly method: Method; readonly built: boolean } | null {
  const method = profile.dialect.methods.find((known) => known === word);
  if (method === undefined) return null;
  const { needs } = methods[method];
  return { method, built: needs === undefined || profile.features.has(needs) };
}
