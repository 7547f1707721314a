export {
  configFileName,
  findSetting,
  loadSettings,
  readConf,
  showSetting,
  systemDisk,
  unknownName,
} from "./config/index.ts";
export type { ConfigDiagnostic, LoadedSettings, Settings } from "./config/index.ts";
export { startGateway } from "./gateway.ts";
export type { Gateway, GatewayOptions, StopMode } from "./gateway.ts";
export { createLogger, parseLinePrefix } from "./log/index.ts";
export type { Logger } from "./log/index.ts";
export { enforcement, unenforceable } from "./config/enforcement.ts";
export { gatewayProfile, loadPolicy, logProblems, thisMachine } from "./config/load-policy.ts";
export type { LoadedPolicy } from "./config/load-policy.ts";
export { claimPidFile, HeldError } from "./state/pid-file.ts";
export type { PidFile } from "./state/pid-file.ts";
export { nodeKey } from "./state/node-key.ts";
