/** Servers that say what a test wants, in directories of their own, so that libpq can be asked about the same ones. */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import {
  encodeAuthentication,
  encodeBackendKeyData,
  encodeErrorResponse,
  encodeMessage,
  encodeParameterStatus,
  encodeReadyForQuery,
} from "../src/index.ts";

/** How a server behaves; `null` is none at all. */
export type Behaviour = ((socket: Socket) => void) | null;

export interface FakeServers extends AsyncDisposable {
  /** `host=…`: all of them, in order. */
  readonly conninfo: string;
  /** Which of them were spoken to, by number, and what each was asked. */
  readonly visits: () => readonly string[];
  readonly forget: () => void;
}

export async function fakeServers(behaviours: readonly Behaviour[]): Promise<FakeServers> {
  const room = await tempDirectory();
  const visits: string[] = [];
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const hosts = behaviours.map((_, index) => join(room.path, String(index)));
  for (const [index, behave] of behaviours.entries()) {
    const directory = join(room.path, String(index));
    await mkdir(directory);
    if (behave === null) continue;
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      visits.push(String(index));
      socket.once("data", () => {
        socket.on("data", (bytes: Buffer) => {
          if (bytes.toString("latin1", 0, 1) === "Q")
            visits.push(`${index}: ${bytes.toString("latin1", 5, bytes.length - 1)}`);
        });
        behave(socket);
      });
    }).listen(join(directory, ".s.PGSQL.5432"));
    await once(server, "listening");
    servers.push(server);
  }
  return {
    conninfo: `host=${hosts.join(",")} port=5432 user=u dbname=d sslmode=disable gssencmode=disable`,
    visits: () => [...visits],
    forget: () => void visits.splice(0),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
      await room.remove();
    },
  };
}

export const ok: Buffer = encodeAuthentication({ kind: "ok" });

export function errorResponse(code: string, message: string, severity = "FATAL"): Buffer {
  const fields = Object.entries({ S: severity, V: severity, C: code, M: message });
  return encodeErrorResponse(fields.map(([type, value]) => ({ type, value })));
}

/** A session that is ready, and has reported these settings. */
export function ready(settings: Readonly<Record<string, string>> = {}): Buffer {
  const all = { server_version: "13.0", client_encoding: "UTF8", ...settings };
  return Buffer.concat([
    ok,
    ...Object.entries(all).map(([name, value]) => encodeParameterStatus({ name, value })),
    encodeBackendKeyData({ processId: 4711, secretKey: Buffer.alloc(4, 1) }),
    encodeReadyForQuery("I"),
  ]);
}

/** Says this, and leaves. */
export function says(bytes: Buffer): Behaviour {
  return (socket) => socket.end(bytes);
}

/** Lets anybody in, and has one answer to every query. */
export function serves(settings: Readonly<Record<string, string>>, answer?: Buffer): Behaviour {
  return (socket) => {
    socket.write(ready(settings));
    socket.on("data", (bytes: Buffer) => {
      if (bytes.toString("latin1", 0, 1) === "X") socket.end();
      else if (answer !== undefined) socket.write(answer);
    });
  };
}

/** The answer to a query: one row with one column. */
export function oneValue(value: string): Buffer {
  const row = Buffer.alloc(6);
  row.writeInt16BE(1, 0);
  row.writeInt32BE(value.length, 2);
  const column = Buffer.concat([Buffer.from("\0\x01x\0"), Buffer.alloc(18)]);
  return Buffer.concat([
    encodeMessage("T", column),
    encodeMessage("D", row, Buffer.from(value)),
    encodeMessage("C", Buffer.from("SELECT 1\0")),
    encodeReadyForQuery("I"),
  ]);
}
