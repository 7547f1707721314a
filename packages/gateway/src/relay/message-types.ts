/** Types of messages, as the bytes that they are. The two sides use some of them for different things. */

/** What a client says. */
export const fromClient = {
  query: 0x51, // Q
  functionCall: 0x46, // F
  sync: 0x53, // S
  terminate: 0x58, // X
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyFail: 0x66, // f
} as const;

/** What a server says. */
export const fromServer = {
  readyForQuery: 0x5a, // Z
  errorResponse: 0x45, // E
  noticeResponse: 0x4e, // N
  parameterStatus: 0x53, // S
  notification: 0x41, // A
} as const;
