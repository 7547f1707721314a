export { answerControl } from "./answer-control.ts";
export type { ControlledGate } from "./answer-control.ts";
export type {
  DiagnosticJson,
  PolicyFileJson,
  PolicyStateJson,
  PoolJson,
  ReloadAnswer,
  RuleCountJson,
  SessionJson,
  SettingChangeJson,
  SettingsFileJson,
  StatusAnswer,
  StopAnswer,
  TlsJson,
} from "./answers.ts";
export { askControl, ControlError } from "./ask-control.ts";
export type { ControlQuestions } from "./ask-control.ts";
export { openControlSocket } from "./control-socket.ts";
export type { ControlSocket, ControlSocketOptions } from "./control-socket.ts";
export type { AnswerControl } from "./conversation.ts";
export { OnDisk } from "./on-disk.ts";
export type { ControlRequest } from "./protocol.ts";
