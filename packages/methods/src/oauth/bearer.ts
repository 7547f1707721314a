import type { Bytes } from "@sallyport/policy";

/** What a client hands over in `auth`. */
export type Bearer =
  | { readonly kind: "token"; readonly token: Bytes }
  /** Nothing: it asks who issues tokens. */
  | { readonly kind: "discovery" }
  | { readonly kind: "malformed"; readonly detail: Bytes };

/** Reads `Bearer TOKEN` (RFC 6750, 2.1). `detail` is PostgreSQL's, for the log. */
export function readBearer(auth: Bytes): Bearer {
  if (auth === "") return { kind: "discovery" };
  const [scheme] = /^bearer /i.exec(auth) ?? [];
  if (scheme === undefined) return malformed("Client response indicated a non-Bearer authentication scheme.");
  const token = auth.slice(scheme.length).replace(/^ +/, "");
  if (token === "") return malformed("Bearer token is empty.");
  if (!/^[A-Za-z0-9._~+/-]*=*$/.test(token)) return malformed("Bearer token is not in the correct format.");
  return { kind: "token", token };
}

function malformed(detail: Bytes): Bearer {
  return { kind: "malformed", detail };
}
