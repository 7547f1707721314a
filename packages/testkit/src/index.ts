export { certificateAuthority } from "./certificates/authority.ts";
export type {
  CertificateAuthority,
  CertificateList,
  CertificateRequest,
  IssuedCertificate,
} from "./certificates/authority.ts";
export { openssl } from "./certificates/openssl.ts";
export type { KeyKind } from "./certificates/openssl.ts";
export { selfSigned } from "./certificates/self-signed.ts";
export type { Certificate } from "./certificates/self-signed.ts";
export { asOsUser, command, osUser } from "./command.ts";
export type { CommandOptions, CommandResult } from "./command.ts";
export { freePort } from "./free-port.ts";
export { certificateName } from "./generate/certificate-name.ts";
export { decisionAttempt, loopbackAddress } from "./generate/decision-attempt.ts";
export type { GeneratedAttempt } from "./generate/decision-attempt.ts";
export { decisionRules } from "./generate/decision-rules.ts";
export { hbaLine } from "./generate/hba-line.ts";
export { identLine } from "./generate/ident-line.ts";
export { grantWish } from "./generate/login/attempt.ts";
export type { LoginAnswers, LoginAttempt, LoginWish } from "./generate/login/attempt.ts";
export type { LoginIntent } from "./generate/login/clients.ts";
export { loginCertificates } from "./generate/login/certificates.ts";
export type { LoginCertificate, LoginCertificates } from "./generate/login/certificates.ts";
export { loginAttempt, loginIntents, plainIntents } from "./generate/login/intents.ts";
export { loginRules } from "./generate/login/rules.ts";
export { honestTls } from "./generate/login/tls.ts";
export type { LoginTls } from "./generate/login/tls.ts";
export { loginStatements } from "./generate/login/world.ts";
export { mapFiles } from "./generate/map-files.ts";
export { asServerUser, plantTree } from "./generate/plant.ts";
export { seededRandom } from "./generate/random.ts";
export type { Random } from "./generate/random.ts";
export { regexPattern, regexSubject } from "./generate/regex.ts";
export { generateTree } from "./generate/tree.ts";
export type { LineMaker, Tree, TreeEntry } from "./generate/tree.ts";
export { roleNames, worldStatements } from "./generate/world.ts";
export { startHaproxy } from "./haproxy.ts";
export type { Haproxy } from "./haproxy.ts";
export { startKdc } from "./kdc.ts";
export type { Kdc, KdcOptions, Ticket } from "./kdc.ts";
export { gssClient } from "./gss-client.ts";
export type { GssClient, GssClientOptions } from "./gss-client.ts";
export { nameSigner } from "./named-certificate.ts";
export type { CertificateName, NamedCertificate, NameSigner, NameValue } from "./named-certificate.ts";
export { canLinkNetworks, canMount } from "./namespaces.ts";
export { startPostgres } from "./postgres.ts";
export type { Downfall, PostgresOptions, PostgresPaths, TestPostgres } from "./postgres.ts";
export type { PostgresTls } from "./postgres-tls.ts";
export { featuresLacking, policyOfTexts, profileOf, profileOfServer } from "./profile.ts";
export { psql } from "./psql.ts";
export type { PsqlOptions } from "./psql.ts";
export { systemUsers } from "./system-users.ts";
export { tempDirectory } from "./temp-directory.ts";
export type { TempDirectory } from "./temp-directory.ts";
export { binariesOf, isInstalled, serverBuilds, serverPrograms } from "./versions.ts";
export type { Build, Major, ServerBuild, ServerChoice, ServerPrograms } from "./versions.ts";
export { hbaView, identView } from "./views.ts";
