import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

export interface DatagramReader extends AsyncDisposable {
  /** Resolves when this has been read. */
  readonly has: (text: string) => Promise<void>;
  /** All that was read, one datagram right after the other. */
  readonly output: () => string;
  /** Reads no more. */
  readonly freeze: () => void;
}

/** Somebody who reads datagrams: systemd's own tool opens the socket, and at the first one starts `cat`. */
export async function datagramReader(address: string): Promise<DatagramReader> {
  const program = ["--datagram", "--inetd", "-l", address, "sh", "-c", "exec cat >&2"];
  const child: ChildProcessByStdio<null, null, Readable> = spawn("systemd-socket-activate", program, {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const has = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(child.stderr, "data");
  };
  await has("Listening on");
  return {
    has,
    output: () => output,
    freeze: () => void child.kill("SIGSTOP"),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
