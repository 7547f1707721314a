export { fromBuffer, fromUnicode, isValidUtf8, toBuffer, toUnicode } from "./byte-string.ts";
export { connect, Client } from "./client/client.ts";
export type { CallOptions, ClientLimits, PreparedStatement } from "./client/client.ts";
export type { Result } from "./client/answer.ts";
export type { ClientChannelBinding } from "./client/channel-binding.ts";
export { sendCancel } from "./client/cancel.ts";
export { dial } from "./client/dial.ts";
export { MAX_SOCKET_PATH } from "./client/dial.ts";
export { openSession } from "./client/open-session.ts";
export type { SessionSurroundings } from "./client/open-session.ts";
export type { OpenedSession } from "./client/open-server.ts";
export type { PeerUser } from "./client/peer-user.ts";
export type { SetTcpOption, TcpOptionName } from "./client/tcp-options.ts";
export { areAllPrivate, isVerified } from "./client/private-channel.ts";
export { Proof } from "./client/proof.ts";
export type { ProofParts } from "./client/proof.ts";
export { parseRequireAuth } from "./client/require-auth.ts";
export type { AuthRequirement, RequirableMethod } from "./client/require-auth.ts";
export { describeHost, socketPath } from "./client/server-target.ts";
export type { LookUpAddresses, ServerTarget } from "./client/server-target.ts";
export { startSession } from "./client/start-session.ts";
export type { Session, SessionRequest } from "./client/start-session.ts";
export { conninfoEnvironment, resolveConninfo } from "./conninfo/options.ts";
export type { ConninfoSurroundings, ConnectionOptions, HostTarget } from "./conninfo/options.ts";
export { parseConninfo } from "./conninfo/parse.ts";
export { findPassword, readPasswordFile } from "./conninfo/passfile.ts";
export type { FoundPassword, PasswordFile } from "./conninfo/passfile.ts";
export { lookUpPassword } from "./conninfo/passfile-entry.ts";
export type { PasswordFileKey } from "./conninfo/passfile-entry.ts";
export { withService } from "./conninfo/service.ts";
export { checkSupported } from "./conninfo/supported.ts";
export { tlsFilesOf, tlsOptions } from "./conninfo/tls-options.ts";
export type { TlsFiles, TlsOptions } from "./conninfo/tls-options.ts";
export type { ConninfoValues } from "./conninfo/values.ts";
export { FatalError, protocolViolation, ServerError, WireError } from "./errors.ts";
export type { ErrorField, FatalErrorDetails, WireErrorCode } from "./errors.ts";
export { ByteQueue } from "./frame/byte-queue.ts";
export { abortError, startDeadline } from "./frame/deadline.ts";
export type { Deadline } from "./frame/deadline.ts";
export { acceptDirectly, DirectSocket } from "./frame/direct-socket.ts";
export type { Sink } from "./frame/direct-socket.ts";
export { MessageReader } from "./frame/message-reader.ts";
export type { MessageLimit } from "./frame/message-reader.ts";
export { orAborted } from "./frame/or-aborted.ts";
export { Turnstile } from "./frame/turnstile.ts";
export { md5Digest, md5Response, verifyMd5Password, verifyMd5Response } from "./md5.ts";
export { decodeAuthentication, encodeAuthentication } from "./message/authentication.ts";
export type { AuthenticationRequest } from "./message/authentication.ts";
export { BodyReader, encodeMessage, encodeUntyped } from "./message/body.ts";
export type { Message } from "./message/body.ts";
export {
  decodeErrorFields,
  encodeErrorResponse,
  encodeFatalError,
  encodeNoticeResponse,
  fatalErrorFields,
} from "./message/error-response.ts";
export type { ErrorFormat } from "./message/error-response.ts";
export { encodeGreeting } from "./message/greeting.ts";
export type { Greeting } from "./message/greeting.ts";
export {
  decodePasswordMessage,
  decodeSaslInitialResponse,
  encodePasswordMessage,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from "./message/password.ts";
export type { SaslInitialResponse } from "./message/password.ts";
export {
  encodeBind,
  encodeDescribePortal,
  encodeDescribeStatement,
  encodeExecute,
  encodeParse,
  encodeQuery,
  encodeSync,
  encodeTerminate,
} from "./message/query.ts";
export { decodeCommandComplete, decodeDataRow, decodeRowDescription } from "./message/result.ts";
export type { Column, Row } from "./message/result.ts";
export {
  decodeBackendKeyData,
  decodeNegotiateProtocolVersion,
  decodeParameterStatus,
  decodeReadyForQuery,
  encodeBackendKeyData,
  encodeNegotiateProtocolVersion,
  encodeParameterStatus,
  encodeReadyForQuery,
} from "./message/session.ts";
export type {
  BackendKey,
  ParameterStatus,
  ProtocolNegotiation,
  ProtocolVersion,
  TransactionStatus,
} from "./message/session.ts";
export {
  encodeCancelRequest,
  encodeGssencRequest,
  encodeSslRequest,
  encodeStartupPacket,
} from "./message/startup.ts";
export { parseProxyHeader } from "./proxy/header.ts";
export type { ParsedProxyHeader, ProxyEndpoint, ProxyHeader } from "./proxy/parsed-header.ts";
export { readProxyHeader } from "./proxy/read.ts";
export type { ReadProxyHeader } from "./proxy/read.ts";
export { MAX_SCRAM_ITERATIONS, startScramClient } from "./scram/client.ts";
export type {
  ProvedScram,
  ScramBinding,
  ScramClient,
  ScramClientFinal,
  ScramClientOptions,
} from "./scram/client.ts";
export {
  buildScramSecret,
  MAX_SECRET_ITERATIONS,
  proveScramPassword,
  verifyScramPassword,
} from "./scram/derive-secret.ts";
export type { DerivationOptions, ProvedPassword } from "./scram/derive-secret.ts";
export { normalizePassword } from "./scram/password.ts";
export { formatScramSecret, mockScramSecret, parseScramSecret, parseStoredPassword } from "./scram/secret.ts";
export type { ScramSecret, StoredPassword } from "./scram/secret.ts";
export { ScramServer, scramMechanisms } from "./scram/server.ts";
export type { ChannelBinding, ScramMechanism, ScramServerOptions, ScramStep } from "./scram/server.ts";
export { Secret, SecretBytes } from "./secret.ts";
export { parseStartupPacket } from "./startup/packet.ts";
export type { ParsedStartup, StartupPacket } from "./startup/packet.ts";
export { readStartupBody } from "./startup/read.ts";
export type { StartupBody } from "./startup/read.ts";
export type { Replication } from "./startup/replication.ts";
export { MAX_STARTUP_BODY_LENGTH, parseStartupRequest, startupBodyLength } from "./startup/request.ts";
export type { ClosingPacket, PendingNegotiation, StartupRequest } from "./startup/request.ts";
export { DER, DerReader, objectIdentifier } from "./x509/der.ts";
export type { DerValue } from "./x509/der.ts";
export { certificateNames, commonName, distinguishedName } from "./x509/certificate-names.ts";
export type { CertificateNames } from "./x509/certificate-names.ts";
export { certificateForLog, nameForLog, serialNumberForLog } from "./x509/names-for-log.ts";
export { tlsServerEndPoint } from "./x509/end-point.ts";
export { certificatesInPem, pemBlocks, revocationListsInPem } from "./x509/pem.ts";
