import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Bytes } from "@sallyport/policy";
import { orAborted } from "@sallyport/wire";
import { longestResponse } from "./response.ts";

/** One end of a client's connection: a numeric address and a port. */
export interface ConnectionEnd {
  readonly address: string;
  readonly port: number;
}

/** What failed, and why: `cause` is the error of the system. */
export class IdentFault extends Error {
  override readonly name: string = "IdentFault";
  readonly step: "bind" | "connect" | "send" | "receive";

  constructor(step: IdentFault["step"], cause: unknown) {
    super(`could not ${step}`, { cause });
    this.step = step;
  }
}

/**
 * Asks the Ident server at the client's address whose the client's connection is. The question comes from the address that the
 * client is connected to, since it is about a connection between these two addresses (RFC 1413, 3).
 *
 * @returns what came first, cut to `longestResponse`: like PostgreSQL it reads once; empty if nothing came before the end
 * @throws {IdentFault}
 * @throws {WireError} `timeout` or `aborted`, by the signal: the only limit of time, as in PostgreSQL
 */
export async function askIdent(
  client: ConnectionEnd,
  server: ConnectionEnd,
  port: number,
  signal: AbortSignal,
): Promise<Bytes> {
  const socket = connect({ host: client.address, port, localAddress: server.address });
  try {
    return await orAborted(converse(socket, `${client.port},${server.port}\r\n`), signal);
  } finally {
    socket.destroy();
  }
}

async function converse(socket: Socket, question: string): Promise<Bytes> {
  const { promise, resolve, reject } = Promise.withResolvers<Bytes>();
  let step: IdentFault["step"] = "connect";
  socket.once("connect", () => {
    step = "receive";
    socket.write(question, "latin1");
  });
  socket.once("data", (chunk) => resolve(chunk.toString("latin1", 0, longestResponse)));
  socket.once("end", () => resolve(""));
  socket.once("close", () => resolve(""));
  socket.on("error", (error) => {
    const { syscall } = "syscall" in error ? error : { syscall: "" };
    reject(new IdentFault(syscall === "bind" ? "bind" : syscall === "write" ? "send" : step, error));
  });
  return await promise;
}
