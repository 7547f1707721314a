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
export { startGateway } from "./gateway.ts";
export type { Gateway, GatewayOptions, StopMode } from "./gateway.ts";
export { createLogger, parseLinePrefix } from "./log/index.ts";
export type { Logger, LogStyle } from "./log/index.ts";
export { enforcement, unenforceable } from "./config/enforcement.ts";
export { gatewayProfile, readHba, readIdent, thisMachine } from "./config/policy-files.ts";
export type { FileReading, HbaReading, IdentReading } from "./config/policy-files.ts";
export { LivePolicy } from "./reload/live-policy.ts";
export type { FileReport, ReloadReport, RunnableHba, Verdict } from "./reload/live-policy.ts";
export { logStart } from "./reload/log-policy.ts";
export { Reloader } from "./reload/reloader.ts";
export type { ReloaderOptions } from "./reload/reloader.ts";
export { claimPidFile, HeldError } from "./state/pid-file.ts";
export type { PidFile } from "./state/pid-file.ts";
export { nodeKey } from "./state/node-key.ts";
