export type { AuthFile, AuthFileEntry } from "./catalog/auth-file.ts";
export { checkGate } from "./check/index.ts";
export type { CheckedFile, CheckGateOptions, CheckReport } from "./check/index.ts";
export {
  configFileName,
  findSetting,
  loadSettings,
  readConf,
  showSetting,
  systemDisk,
  unknownName,
} from "./config/index.ts";
export type { ConfigDiagnostic, LoadedSettings, RefusedSettings, Settings } from "./config/index.ts";
export type { InheritedSocket } from "./doorstep/listen.ts";
export { answerControl, askControl, ControlError, OnDisk, openControlSocket } from "./control/index.ts";
export type {
  AnswerControl,
  ControlledGate,
  ControlQuestions,
  ControlSocket,
  DiagnosticJson,
  PolicyStateJson,
  PoolJson,
  ReloadAnswer,
  RuleCountJson,
  SessionJson,
  StatusAnswer,
  StopAnswer,
} from "./control/index.ts";
export { startGateway } from "./gateway.ts";
export type { Gateway, GatewayOptions, StopMode } from "./gateway.ts";
export { createLogger, parseLinePrefix } from "./log/index.ts";
export type { Logger, LogStyle } from "./log/index.ts";
export { enforcement, unenforceable } from "./config/enforcement.ts";
export type { Machine } from "./config/enforcement.ts";
export { gatewayProfile, readHba, readIdent, thisMachine } from "./config/policy-files.ts";
export type { FileReading, HbaReading, IdentReading } from "./config/policy-files.ts";
export { systemLdap } from "./session/methods/ldap.ts";
export type { LdapSurroundings } from "./session/methods/ldap.ts";
export { startMetrics } from "./metrics/start-metrics.ts";
export type { Metrics, MetricsOptions } from "./metrics/metrics.ts";
export { LiveAuthFile } from "./reload/live-auth-file.ts";
export type { AuthFileReport } from "./reload/live-auth-file.ts";
export { ConfigWatch } from "./reload/config-watch.ts";
export { LivePolicy } from "./reload/live-policy.ts";
export type { FileReport, ReloadReport, RunnableHba, Verdict } from "./reload/live-policy.ts";
export { logReading, logStart } from "./reload/log-policy.ts";
export { Reloader } from "./reload/reloader.ts";
export type { FullReport, ReloaderOptions } from "./reload/reloader.ts";
export { claimPidFile, HeldError, pidFileHolder } from "./state/pid-file.ts";
export type { PidFile } from "./state/pid-file.ts";
export { nodeKey } from "./state/node-key.ts";
export { LiveTls } from "./tls/live-tls.ts";
export { faultTexts, TlsFault } from "./tls/tls-fault.ts";
export { loadOs, notify } from "@sallyport/methods/os";
export { sessionSettings } from "./upstream/session-settings.ts";
export { upstreamSurroundings } from "./upstream/surroundings.ts";
export { serviceLines, serviceText } from "./upstream/service-lines.ts";
export type { ServiceFacts, ServiceLines } from "./upstream/service-lines.ts";
