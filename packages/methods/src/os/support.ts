import { bindLibc } from "./libc.ts";
import type { Libc } from "./libc.ts";
import { readCredentials } from "./ucred.ts";

/** Whether this machine answers what this room asks; `reason` says why not. */
export type OsSupport = { readonly supported: true } | { readonly supported: false; readonly reason: string };

type Loaded = { readonly libc: Libc } | { readonly libc: null; readonly reason: string };

let loading: Promise<Loaded> | null = null;
let loaded: Libc | null = null;

/** Loads what this room needs, once, and says whether it can be used. Never fails. */
export async function osSupport(): Promise<OsSupport> {
  loading ??= load();
  const answer = await loading;
  loaded = answer.libc;
  return answer.libc ? { supported: true } : { supported: false, reason: answer.reason };
}

/** {@link osSupport} without the reason. */
export async function loadOs(): Promise<boolean> {
  return (await osSupport()).supported;
}

/** Null before {@link loadOs}, and where it answers no. */
export function loadedLibc(): Libc | null {
  return loaded;
}

async function load(): Promise<Loaded> {
  // Elsewhere the numbers of the options and the layouts of the structures are others.
  if (process.platform !== "linux") return { libc: null, reason: `${process.platform} is not supported` };
  try {
    const libc = await bindLibc();
    return namesUs(libc) ? { libc } : { libc: null, reason: "the system does not tell peer credentials" };
  } catch (error) {
    return { libc: null, reason: `koffi cannot be used: ${String(error)}` };
  }
}

/** Of a pair of sockets that we made, the kernel must say that we are at the other end: else nothing is believed. */
function namesUs(libc: Libc): boolean {
  const [AF_UNIX, SOCK_STREAM] = [1, 1];
  const pair = new Uint32Array(2);
  if (libc.socketpair(AF_UNIX, SOCK_STREAM, 0, pair) !== 0) return false;
  const [one = 0, other = 0] = pair;
  const peer = readCredentials(libc, one);
  for (const fd of [one, other]) libc.close(fd);
  return peer?.pid === process.pid && peer.uid === process.geteuid?.() && peer.gid === process.getegid?.();
}
