import type { Bytes } from "@sallyport/policy";
import { loadedLibc } from "./support.ts";

/** `IPPROTO_TCP` and what can be set at its level (tcp(7)). */
const level = 6;
const options = {
  /** Seconds without traffic before the first question whether the other end is still there. */
  TCP_KEEPIDLE: 4,
  /** Seconds between two questions. */
  TCP_KEEPINTVL: 5,
  /** Unanswered questions after which the other end is taken to be gone. */
  TCP_KEEPCNT: 6,
  /** Milliseconds for which what was sent may stay unacknowledged. */
  TCP_USER_TIMEOUT: 18,
} as const;

export type TcpOption = keyof typeof options;

/** Null: it is set; else the line for the log, in PostgreSQL's words. */
export function setTcpOption(fd: number, option: TcpOption, value: number): Bytes | null {
  const failed = (reason: Bytes): Bytes => `setsockopt(${option}) failed: ${reason}`;
  const libc = loadedLibc();
  if (libc === null) return failed("not supported on this platform");
  const bytes = Uint32Array.of(value);
  if (libc.setsockopt(fd, level, options[option], bytes, bytes.byteLength) === 0) return null;
  return failed(libc.strerror(libc.errno()));
}

/** What is set now; null if the system does not say. */
export function tcpOption(fd: number, option: TcpOption): number | null {
  const value = new Uint32Array(1);
  const failed = loadedLibc()?.getsockopt(fd, level, options[option], value, [value.byteLength]) !== 0;
  return failed ? null : (value[0] ?? null);
}
