import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { encodeAuthentication, encodeErrorResponse, encodeMessage } from "@sallyport/wire";

/** A real server for the catalogue, and something else for the sessions of everybody else. */
export interface FakeUpstream extends AsyncDisposable {
  readonly conninfo: string;
  /** Of its socket. */
  readonly path: string;
  /** What each session of a role has sent, in the order of their startup packets. */
  readonly sessions: readonly Heard[];
}

export interface Heard {
  readonly startup: Buffer;
  /** All that came behind it. */
  readonly rest: () => Buffer;
}

/**
 * @param answer called with each session of a role, when its startup packet is there
 */
export async function fakeUpstream(
  server: TestPostgres,
  answer: (socket: Socket) => void,
): Promise<FakeUpstream> {
  const directory = await tempDirectory();
  const path = join(directory.path, ".s.PGSQL.5432");
  const sockets = new Set<Socket>();
  const sessions: Heard[] = [];
  const fake: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.once("data", (startup) => {
      if (!startup.includes("user\0sallyport\0")) {
        const chunks: Buffer[] = [];
        sessions.push({ startup, rest: () => Buffer.concat(chunks) });
        socket.on("data", (chunk) => chunks.push(chunk));
        answer(socket);
        return;
      }
      const real = connect(server.paths.socket);
      sockets.add(real.on("error", () => undefined));
      real.write(startup);
      socket.pipe(real).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => fake.listen(path, resolve));
  return {
    conninfo: `host=${directory.path} port=5432 user=sallyport dbname=postgres`,
    path,
    sessions,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      fake.close();
      await directory.remove();
    },
  };
}

/** What to say to a client, whatever it says; or an answer to what it has just said. */
export type Line = Buffer | ((said: Buffer) => Buffer);

/** Says the first line at once, each other one when the client has answered the one before, and then nothing. */
export function script(...lines: readonly Line[]): (socket: Socket) => void {
  return (socket) => {
    const rest = [...lines];
    const next = (said: Buffer): void => {
      const line = rest.shift();
      if (line !== undefined) socket.write(Buffer.isBuffer(line) ? line : line(said));
    };
    next(Buffer.of());
    socket.on("data", next);
  };
}

export const ok: Buffer = encodeAuthentication({ kind: "ok" });

export const scram: Buffer = encodeAuthentication({ kind: "sasl", mechanisms: ["SCRAM-SHA-256"] });

/** The server's first message of SCRAM, for the nonce that the client has sent. */
export function challenge(make: (nonce: string) => string): (said: Buffer) => Buffer {
  return (said) => {
    const [, nonce = ""] = /r=([^,]+)$/.exec(said.toString("latin1")) ?? [];
    return encodeAuthentication({ kind: "sasl_continue", data: Buffer.from(make(nonce)) });
  };
}

/** An ErrorResponse with these fields, `S`, `C` and `M` unless they say otherwise; undefined leaves one out. */
export function errorResponse(fields: Readonly<Record<string, string | undefined>> = {}): Buffer {
  const all = Object.entries({ S: "FATAL", V: "FATAL", C: "28000", M: "evil words", ...fields });
  return encodeErrorResponse(all.flatMap(([type, value]) => (value === undefined ? [] : [{ type, value }])));
}

export function notice(text: string): Buffer {
  return encodeMessage("N", errorResponse({ S: "WARNING", V: "WARNING", M: text }).subarray(5));
}

/** Says the same for as long as somebody listens. */
export function forEver(bytes: Buffer, first: Buffer = Buffer.of()): (socket: Socket) => void {
  return (socket) => {
    const more = (): void => {
      while (socket.writable && socket.write(bytes));
    };
    socket.write(first);
    socket.on("drain", more);
    more();
  };
}
