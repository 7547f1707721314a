/** A RADIUS server that says what it is told to: the truth, or lies. */
import { createHash, createHmac } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A request, as far as an answer needs it; `sign` makes one. */
export interface Request {
  readonly packet: Buffer;
  readonly identifier: number;
  readonly authenticator: Buffer;
}

export interface AnswerParts {
  /** 2 accepts, 3 rejects; default: 2. */
  readonly code?: number;
  readonly secret?: string;
  readonly identifier?: number;
  /** With a Message-Authenticator; default: true. */
  readonly signed?: boolean;
  /** Behind it; default: none. */
  readonly attributes?: Buffer;
  /** What the packet says of its length; default: the truth. */
  readonly length?: number;
}

export const secret = "shared-secret-of-both";

/** An answer by the book (RFC 2865, 3; RFC 3579, 3.2), but for what `parts` says. */
export function answerTo(request: Request, parts: AnswerParts = {}): Buffer {
  const { code = 2, identifier = request.identifier, signed = true, attributes = Buffer.alloc(0) } = parts;
  const key = parts.secret ?? secret;
  const signature = signed ? Buffer.concat([Buffer.from([80, 18]), Buffer.alloc(16)]) : Buffer.alloc(0);
  const packet = Buffer.concat([
    Buffer.from([code, identifier, 0, 0]),
    request.authenticator,
    signature,
    attributes,
  ]);
  packet.writeUInt16BE(parts.length ?? packet.length, 2);
  if (signed) createHmac("md5", key).update(packet).digest().copy(packet, 22);
  createHash("md5").update(packet).update(key).digest().copy(packet, 4);
  return packet;
}

/** Sends an answer from the server's port, or from another one. */
export type Send = (answer: Buffer, from?: "another port" | "another address") => void;

export interface FakeRadius extends AsyncDisposable {
  readonly port: number;
  readonly requests: readonly Request[];
}

export async function startFakeRadius(
  behave: (request: Request, send: Send) => void,
  address = "127.0.0.1",
): Promise<FakeRadius> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const otherPort = createSocket("udp4");
  const otherAddress = createSocket({ type: "udp4", reuseAddr: true });
  const requests: Request[] = [];
  socket.bind(0, address);
  await once(socket, "listening");
  otherPort.bind(0, "127.0.0.1");
  await once(otherPort, "listening");
  otherAddress.bind(socket.address().port, "127.0.0.2");
  await once(otherAddress, "listening");
  socket.on("message", (packet, { port, address: client }) => {
    const request = { packet, identifier: packet.readUInt8(1), authenticator: packet.subarray(4, 20) };
    requests.push(request);
    behave(request, (answer, from) => {
      const by = from === "another port" ? otherPort : from === "another address" ? otherAddress : socket;
      by.send(answer, port, client);
    });
  });
  return {
    port: socket.address().port,
    requests,
    [Symbol.asyncDispose]: async () => {
      const sockets = [socket, otherPort, otherAddress];
      await Promise.all(sockets.map(async (one) => await new Promise<void>((done) => void one.close(done))));
    },
  };
}
