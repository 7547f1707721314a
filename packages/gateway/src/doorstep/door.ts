import { createServer } from "node:net";
import type { ListenOptions, Server, Socket } from "node:net";
import type { Bytes } from "@sallyport/policy";
import { acceptDirectly } from "@sallyport/wire";
import type { Log } from "../log/index.ts";
import { systemReason } from "../log/system-reason.ts";

/** An open door. */
export interface Listener {
  /** `127.0.0.1:6432`, `[::1]:6432` or the path of a Unix socket. */
  readonly name: string;
  readonly kind: "tcp" | "unix";
  /** No new connections; those that are in stay. */
  readonly close: () => Promise<void>;
}

/** What a connection is given to. It must take charge of the socket at once. */
export type Welcome = (socket: Socket, kind: Listener["kind"]) => void;

/** Why a door cannot be had, when others still may be. The words are those of the log. */
export class DoorError extends Error {
  override readonly name: string = "DoorError";
  readonly hint: Bytes | undefined;

  constructor(message: Bytes, hint?: Bytes) {
    super(message);
    this.hint = hint;
  }
}

/**
 * A server that is not listening yet. What it accepts is read only when somebody resumes it; a client that has shut
 * its own side is still answered, as by PostgreSQL.
 */
export function doorServer(kind: Listener["kind"], welcome: Welcome): Server {
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
    welcome(socket, kind),
  );
  server.once("listening", () => acceptDirectly(server, (socket) => welcome(socket, kind)));
  return server;
}

/**
 * Binds, before it returns, and listens. As many may wait to be accepted as a postmaster has waiting: twice
 * `max_connections`, if the system (`net.core.somaxconn`) allows that.
 */
export function listening(
  server: Server,
  where: ListenOptions | { readonly fd: number },
  maxConnections: number,
  log: Log,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const backlog = 2 * maxConnections;
    // Exclusive: a worker of a cluster binds by itself, and not by the hand of another process. The second backlog is
    // the one that counts for a descriptor.
    server.listen({ ...where, backlog, exclusive: true }, backlog, () => {
      server.off("error", reject);
      server.on("error", (error) => {
        log.log("LOG", `could not accept new connection: ${systemReason(error)}`);
      });
      resolve();
    });
  });
}

/** Resolves at once, since closing has its callback wait for those who are in. */
export async function closing(server: Server): Promise<void> {
  server.close();
}
