export { groupId } from "./group-id.ts";
export { peerCredentials } from "./peer-credentials.ts";
export { loadOs, osSupport } from "./support.ts";
export type { OsSupport } from "./support.ts";
export { setTcpOption, tcpOption } from "./tcp-option.ts";
export type { TcpOption } from "./tcp-option.ts";
export type { PeerCredentials } from "./ucred.ts";
export { userName } from "./user-name.ts";
export type { UserName } from "./user-name.ts";
