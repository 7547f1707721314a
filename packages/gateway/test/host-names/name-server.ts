import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";

/** A real dnsmasq for 127.0.0.0/8 and example.com, on port 53 of a loopback address. */
export interface NameServer extends AsyncDisposable {
  readonly address: string;
  /** Resolves when questions about so many clients of the silent zone have been asked. */
  readonly asked: (count: number) => Promise<void>;
  /** Ends the silence: what has been asked there fails, and so does what will be. */
  readonly endSilence: () => void;
}

/** Clients whose names are looked up here. */
export const clients = {
  /** db.example.com, and back. */
  match: "127.10.0.1",
  /** A.B.Example.COM, and back. */
  nested: "127.10.0.2",
  /** example.com itself, and back. */
  bare: "127.10.0.3",
  /** ghost.example.com, which has no address. */
  ghost: "127.10.0.4",
  /** other.example.com, which has another address. */
  other: "127.10.0.5",
  /** elsewhere.test, and back. */
  elsewhere: "127.10.0.6",
  /** 127.10.0.1: a name that could be an address. */
  numeric: "127.10.0.7",
  /** many.example.com, which has several addresses, this one among them. */
  many: "127.10.0.8",
  /** stray.broken.test, whose zone fails. */
  stray: "127.10.0.9",
  /** one.example.com and two.example.com, and back. */
  two: "127.10.0.10",
  none: "127.10.0.99",
  servfail: "127.67.0.1",
} as const;

/** An address in the silent zone. */
export function silentClient(host: number): string {
  return `127.66.0.${host}`;
}

const records = [
  "--host-record=db.example.com,127.10.0.1",
  "--address=/a.b.example.com/127.10.0.2",
  "--ptr-record=2.0.10.127.in-addr.arpa,A.B.Example.COM",
  "--host-record=example.com,127.10.0.3",
  "--ptr-record=4.0.10.127.in-addr.arpa,ghost.example.com",
  "--ptr-record=5.0.10.127.in-addr.arpa,other.example.com",
  "--host-record=other.example.com,127.10.0.55",
  "--host-record=elsewhere.test,127.10.0.6",
  "--ptr-record=7.0.10.127.in-addr.arpa,127.10.0.1",
  "--ptr-record=8.0.10.127.in-addr.arpa,many.example.com",
  "--address=/many.example.com/127.10.0.80",
  "--address=/many.example.com/127.10.0.8",
  "--address=/many.example.com/::1",
  "--ptr-record=9.0.10.127.in-addr.arpa,stray.broken.test",
  "--host-record=one.example.com,127.10.0.10",
  "--host-record=two.example.com,127.10.0.10",
  "--local=/example.com/",
  "--local=/10.127.in-addr.arpa/",
];

let servers = 0;

export async function startNameServer(): Promise<NameServer> {
  // The resolver knows port 53 only, so each server of each process has an address of its own.
  servers += 1;
  const address = `127.${100 + servers}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
  const failing = await answering((question, reply) => reply(failureOf(question)));
  const unanswered = new Map<string, () => void>();
  let silence = true;
  const silent = await answering((question, reply) => {
    const fail = (): void => reply(failureOf(question));
    if (!silence) return fail();
    // The question without its number: one client, however often it is asked again.
    unanswered.set(question.toString("latin1", 2), fail);
    silent.emit("asked");
  });
  const args = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-hosts",
    "--no-resolv",
    "--pid-file=",
    "--user=root",
    "--log-facility=-",
    "--cache-size=0",
    `--listen-address=${address}`,
    "--bind-interfaces",
    ...records,
    `--server=/66.127.in-addr.arpa/127.0.0.1#${silent.address().port}`,
    `--server=/67.127.in-addr.arpa/127.0.0.1#${failing.address().port}`,
    `--server=/broken.test/127.0.0.1#${failing.address().port}`,
  ];
  const dnsmasq = spawn("dnsmasq", args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(dnsmasq, "exit");
  let said = "";
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  dnsmasq.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes("started")) resolve();
  });
  await Promise.race([ready, ended]);
  if (!said.includes("started")) throw new Error(`dnsmasq did not start: ${said}`);
  return {
    address,
    asked: async (count) => {
      while (unanswered.size < count) await once(silent, "asked");
    },
    endSilence: () => {
      silence = false;
      for (const fail of unanswered.values()) fail();
    },
    [Symbol.asyncDispose]: async () => {
      dnsmasq.kill();
      await ended;
      for (const socket of [silent, failing]) socket.close();
    },
  };
}

async function answering(
  answer: (question: Buffer, reply: (message: Buffer) => void) => void,
): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", (question, { address, port }) => {
    answer(question, (message) => socket.send(message, port, address));
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** The message that says SERVFAIL (RFC 1035, 4.1.1). */
function failureOf(question: Buffer): Buffer {
  const message = Buffer.from(question);
  message.writeUInt16BE(0x8182, 2);
  return message;
}
