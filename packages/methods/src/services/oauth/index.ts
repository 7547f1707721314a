export { introspectionValidator } from "./introspection.ts";
export type { IntrospectionClient } from "./introspection.ts";
export type { IssuerSurroundings } from "./issuer.ts";
export { issuerNamed } from "./issuer-url.ts";
export { IssuerFault } from "./issuer-fault.ts";
export { Issuers } from "./issuers.ts";
export { jwtValidator } from "./jwt.ts";
export type { TokenSettings } from "./token-settings.ts";
