export { cert, certificateName, noUserName } from "./cert.ts";
export type { CertificateNames, CertLogin } from "./cert.ts";
export type { ClientAnswer, Exchange } from "./exchange.ts";
export { authenticationFailed } from "./failure.ts";
export { ident } from "./ident.ts";
export type { IdentCall } from "./ident.ts";
export { gss } from "./gss.ts";
export type { GssAcceptor, GssLogin, GssPrincipal, GssStep } from "./gss.ts";
export { md5 } from "./md5.ts";
export type { Md5Login } from "./md5.ts";
export { ldap } from "./ldap.ts";
export type { LdapCall, LdapNetwork } from "./ldap.ts";
export type { MethodLog, MethodLogFields } from "./method-log.ts";
export { oauth } from "./oauth.ts";
export type { OauthLogin } from "./oauth.ts";
export type { TokenValidator, TokenVerdict } from "./oauth/validator.ts";
export type { FarewellEnd, MethodOutcome } from "./outcome.ts";
export { pam } from "./pam.ts";
export type { PamCall } from "./pam.ts";
export { password, unjudgedPassword } from "./password.ts";
export { peer } from "./peer.ts";
export type { PeerLogin } from "./peer.ts";
export { radius } from "./radius.ts";
export type { RadiusCall } from "./radius.ts";
export { scramSha256 } from "./scram-sha-256.ts";
export { proveAgain } from "./prove-again.ts";
export { ServiceBusy } from "./service-call.ts";
export type { ServiceCall, ServiceTurns } from "./service-call.ts";
export type { PasswordLogin, StoredSecret } from "./stored-secret.ts";
export { ldapLimits, ldapLineFault, systemTrust } from "./services/ldap/index.ts";
export type {
  LdapLimits,
  LdapTrust,
  ReadFile as ReadLdapFile,
  ServiceRecord,
} from "./services/ldap/index.ts";
export {
  introspectionValidator,
  IssuerFault,
  issuerNamed,
  Issuers,
  jwtValidator,
} from "./services/oauth/index.ts";
export type { IntrospectionClient, IssuerSurroundings, TokenSettings } from "./services/oauth/index.ts";
