export type { GatewayFacts, LogFields } from "./entry.ts";
export { parseLinePrefix } from "./line-prefix.ts";
export type { LinePrefix, LinePrefixError, ProcessFacts, SessionFacts } from "./line-prefix.ts";
export { createLogger } from "./logger.ts";
export type { Log, LogDestination, Logger, LoggerOptions, LogStyle, SessionLog } from "./logger.ts";
export {
  connectionAuthenticated,
  connectionAuthenticatedWithoutIdentity,
  connectionAuthorized,
  connectionReady,
  connectionReceived,
  couldNotBind,
  couldNotBindSocket,
  couldNotLoad,
  disconnection,
  listeningOnAddress,
  listeningOnSocket,
  noNameForLog,
  noProxyHeader,
  notReloaded,
  shutdownRequest,
} from "./messages.ts";
export type {
  Admission,
  AuthorizedConnection,
  EndedSession,
  Peer,
  RuleLine,
  SetupDurations,
  ShownGss,
} from "./messages.ts";
export { reasonOf } from "./reason-of.ts";
export type { MessageLevel, Severity } from "./severity.ts";
