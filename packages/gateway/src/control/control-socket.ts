import { lstat, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { loadOs } from "@sallyport/methods/os";
import { peerCredentialsOf } from "../doorstep/peer-credentials.ts";
import type { Log } from "../log/index.ts";
import { underUmask } from "../state/under-umask.ts";
import { converse } from "./conversation.ts";
import type { AnswerControl } from "./conversation.ts";
import { socketPlace } from "./socket-place.ts";

export interface ControlSocketOptions {
  /** Whoever opens the socket holds the lock of this directory. */
  readonly directory: string;
  readonly answer: AnswerControl;
  readonly log: Log;
  /** Milliseconds in which a question has to come, and an asker to leave after the answer. Default: 5000. */
  readonly patience?: number;
}

export interface ControlSocket {
  /** Nobody can ask any more; who has asked has a moment to hear the answer. */
  readonly close: () => Promise<void>;
}

/** Nobody but the owner of the gate is among them, but each may cost work. */
const mostAskers = 16;

/** Milliseconds that are left to answers when the socket is closed. */
const lastAnswers = 1000;

/** The bits that others, and a socket, need not: one that is bound under this mask is 0600 from its first moment. */
const ownerOnly = 0o177;

/**
 * Opens the control socket, for the user of this process and root alone. A socket that lies in its place is a dead
 * gateway's, since its directory is locked; anything else there is left alone.
 *
 * @throws {Error} there can be no socket in that directory
 */
export async function openControlSocket(options: ControlSocketOptions): Promise<ControlSocket> {
  const { directory, answer, log, patience = 5000 } = options;
  const tellsPeers = await loadOs();
  const place = await socketPlace(directory);
  const askers = new Map<Socket, Promise<void>>();
  /** Those who may not ask: they take up no place of those who may. */
  const strangers = new Map<Socket, Promise<void>>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const denied = refusalOf(socket, tellsPeers, log);
    const crowd = denied === null ? askers : strangers;
    const refusal = denied ?? (crowd.size < mostAskers ? null : tooMany);
    if (denied !== null && crowd.size >= mostAskers) {
      socket.destroy();
      return;
    }
    const talk = converse(socket, { answer, refusal, patience, log }).finally(() => crowd.delete(socket));
    crowd.set(socket, talk);
  });
  try {
    const there = await lstat(place.path).catch(() => null);
    if (there?.isSocket()) await rm(place.path, { force: true });
    await bind(server, place.path);
    // Somebody could not be accepted, for want of descriptors: no reason for the gateway to end.
    server.on("error", ({ message }) => log.log("LOG", `control socket: ${message}`));
  } catch (error) {
    await place.close();
    throw error;
  }
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.race([Promise.all(askers.values()), delay(lastAnswers, null, { ref: false })]);
      for (const socket of [...askers.keys(), ...strangers.keys()]) socket.destroy();
      await closed; // Node removes the socket that it bound
      await place.close();
    },
  };
}

const tooMany = "too many questions at a time";

/** The mode of the socket keeps others out; somebody may have changed it, so they are refused here, too. */
function refusalOf(socket: Socket, tellsPeers: boolean, log: Log): string | null {
  if (!tellsPeers) return null;
  const uid = peerCredentialsOf(socket)?.uid;
  if (uid === 0 || uid === process.geteuid?.()) return null;
  log.log("LOG", `control socket: user ID ${uid ?? "unknown"} was refused`);
  return "permission denied";
}

async function bind(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("listening", resolve);
  server.once("error", reject);
  underUmask(ownerOnly, () => server.listen(path));
  await promise;
}
