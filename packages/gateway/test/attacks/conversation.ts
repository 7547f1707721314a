import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { decodeErrorFields } from "@sallyport/wire";
import type { Target } from "../raw-client.ts";

/** What came back: a bare byte in answer to SSLRequest or GSSENCRequest, or a message. */
export interface Heard {
  /** `N`, or the type of a message; of authentication requests with their number, `R 10`. */
  readonly kind: string;
  readonly body: Buffer;
}

/** What a client says: some bytes, or bytes that depend on what it has heard; none at all is no line. */
export type Line = Buffer | ((heard: readonly Heard[]) => Buffer | Promise<Buffer>);

/** What a client does after its last line: shuts its side, says no more and waits, or leaves at once. */
export type Ending = "shut" | "wait" | "leave";

export interface Talk {
  readonly heard: readonly Heard[];
  /** Bytes that are no whole message. */
  readonly rest: Buffer;
  /** From connecting until the other side had closed. */
  readonly milliseconds: number;
  /** The other side closed: each connection does once. */
  readonly closed: boolean;
}

/** How a client speaks, if not as usual. */
export interface Manner {
  /** How a line goes out until the session stands; by default, and from then on, in one piece. */
  readonly write?: (socket: Socket, bytes: Buffer) => Promise<void>;
  /** Milliseconds until it shuts its side whatever it waits for; by default it never tires. */
  readonly patience?: number;
}

/**
 * Says each line when the one before it has been answered, and listens until the other side closes. Once its session
 * stands it waits for no more answers: a session without an end is nobody's fault.
 */
export async function converse(
  target: Target,
  lines: readonly Line[],
  ending: Ending = "shut",
  { write = writeAtOnce, patience }: Manner = {},
): Promise<Talk> {
  const started = performance.now();
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
  const ear = listen(socket);
  const tired = patience === undefined ? undefined : setTimeout(() => socket.end(), patience);
  for (const [number, line] of lines.entries()) {
    if (number > 0) await ear.answered();
    if (ear.closed()) break;
    const bytes = typeof line === "function" ? await line(ear.heard().messages) : line;
    if (bytes.length === 0) continue;
    ear.said();
    await (ear.isSession() ? writeAtOnce : write)(socket, bytes);
  }
  if (ending === "leave") socket.destroy();
  else if (ending === "shut") socket.end();
  await ear.over;
  clearTimeout(tired);
  socket.destroy();
  const { messages, rest } = ear.heard();
  const closed = ending !== "leave" && ear.closed();
  return { heard: messages, rest, milliseconds: performance.now() - started, closed };
}

/** A segment a byte, with time in between to be read by itself. */
export async function writeByteByByte(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    await writeAtOnce(socket, Buffer.of(byte));
    await aMoment();
  }
}

/** Time for the gate, which may live in this process, to read and to answer, and for us to hear it. */
export async function aMoment(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

export async function writeAtOnce(socket: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || !socket.writable) return;
  // Whether it arrives is for the answer to say: the other side may have closed.
  await new Promise<void>((resolve) => {
    socket.write(bytes, () => resolve());
  });
}

interface Ear {
  readonly heard: () => { readonly messages: readonly Heard[]; readonly rest: Buffer };
  readonly said: () => void;
  /** What came since the last line calls for another one, or nothing will come any more. */
  readonly answered: () => Promise<void>;
  readonly isSession: () => boolean;
  readonly closed: () => boolean;
  readonly over: Promise<void>;
}

function listen(socket: Socket): Ear {
  const state = { bytes: Buffer.alloc(0), said: 0, closed: false };
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    state.closed = true;
    resolve();
  };
  socket.on("error", () => undefined); // a reset is an end, too
  socket.on("end", end);
  socket.on("close", end);
  socket.on("data", (chunk: Buffer) => {
    state.bytes = Buffer.concat([state.bytes, chunk]);
  });
  const heardOf = (bytes: Buffer, what: (kind: string) => boolean): boolean =>
    readMessages(bytes).messages.some(({ kind }) => what(kind));
  const isSession = (): boolean => heardOf(state.bytes, (kind) => kind === "Z");
  const isAnswered = (): boolean =>
    state.closed || isSession() || heardOf(state.bytes.subarray(state.said), asks);
  return {
    heard: () => readMessages(state.bytes),
    said: () => {
      state.said = state.bytes.length - readMessages(state.bytes).rest.length;
    },
    answered: async () => {
      while (!isAnswered()) await Promise.race([once(socket, "data").catch(() => undefined), over]);
    },
    isSession,
    closed: () => state.closed,
    over,
  };
}

function asks(kind: string): boolean {
  return /^(?:N|E|Z|R (?!0$|12$))/.test(kind);
}

/** Bare bytes `N` come first, if at all; before an authentication request no server sends notices. */
export function readMessages(bytes: Buffer): { messages: Heard[]; rest: Buffer } {
  const messages: Heard[] = [];
  let at = 0;
  let bare = true;
  while (at < bytes.length) {
    const type = bytes.toString("latin1", at, at + 1);
    if (type === "N" && bare) {
      messages.push({ kind: type, body: Buffer.of() });
      at += 1;
      continue;
    }
    bare = false;
    if (type === "E" && bytes[at + 1] !== 0 && at + 1 < bytes.length) {
      messages.push({ kind: "E, old", body: bytes.subarray(at + 1) });
      return { messages, rest: Buffer.of() };
    }
    if (bytes.length < at + 5 || bytes.length < at + 1 + bytes.readInt32BE(at + 1)) break;
    const body = bytes.subarray(at + 5, at + 1 + bytes.readInt32BE(at + 1));
    messages.push({ kind: type === "R" ? `R ${body.readInt32BE(0)}` : type, body });
    at += 5 + body.length;
  }
  return { messages, rest: bytes.subarray(at) };
}

/** SQLSTATE, message, DETAIL and HINT of an error. */
export function wordsOf(body: Buffer): readonly string[] {
  const fields = new Map(decodeErrorFields(body).map(({ type, value }) => [type, value]));
  return ["C", "M", "D", "H"].flatMap((type) => fields.get(type) ?? []);
}

/**
 * All that two servers must say alike, a line a message: what is random in it is left out, and so are the places in
 * PostgreSQL's source that its errors name.
 */
export function outline({ heard, rest }: Pick<Talk, "heard" | "rest">): readonly string[] {
  const lines = heard.map(({ kind, body }) => {
    const text = body.toString("latin1");
    switch (kind) {
      case "E":
      case "N":
        return [kind, ...wordsOf(body)].join(" | ");
      case "R 5":
      case "K":
        return kind;
      case "R 12":
        return `${kind} | ${text.length}`;
      case "R 11":
        return `${kind} | ${text.slice(4).replace(/.{24},s=([^,]*)(?=,i=-?\d+$)/s, (_, salt: string) => `...,s=${salt.length}`)}`;
      default:
        return `${kind} | ${text}`;
    }
  });
  // Settings are reported in no particular order.
  const settings = lines.filter((line) => line.startsWith("S | ")).toSorted();
  const inOrder = lines.map((line) => (line.startsWith("S | ") ? (settings.shift() ?? "") : line));
  return rest.length === 0 ? inOrder : [...inOrder, `and ${rest.toString("latin1")}`];
}

/** The words of the last error, empty if there is none. */
export function refusal({ heard }: Pick<Talk, "heard">): readonly string[] {
  const last = heard.findLast(({ kind }) => kind === "E");
  return last === undefined ? [] : wordsOf(last.body);
}

/** AuthenticationOk came. */
export function isIn({ heard }: Pick<Talk, "heard">): boolean {
  return heard.some(({ kind }) => kind === "R 0");
}
