import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { accepts } from "./accepts.ts";
import { freePort } from "./free-port.ts";
import { tempDirectory } from "./temp-directory.ts";

const program = "/usr/sbin/haproxy";

/** A real HAProxy on 127.0.0.1 and ::1, which passes connections on. It ends with `await using`. */
export interface Haproxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * @param to port of 127.0.0.1
 * @param sending HAProxy's words for the header that it is to send: `send-proxy-v2 proxy-v2-options crc32c`
 */
export async function startHaproxy(to: number, sending: string): Promise<Haproxy> {
  const room = await tempDirectory();
  const port = await freePort(["127.0.0.1", "::1"]);
  const [file, admin] = [join(room.path, "haproxy.cfg"), join(room.path, "admin")];
  await writeFile(file, configuration(port, to, sending, admin));
  const child = spawn(program, ["-db", "-q", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close");
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
    await room.remove();
  };
  const deadline = performance.now() + 10_000;
  // It opens all that it listens on before it serves any of it.
  while (!(await accepts({ path: admin }))) {
    if (child.exitCode === null && performance.now() < deadline) await delay(5);
    else {
      await stop();
      throw new Error(`HAProxy did not start: ${said}`);
    }
  }
  return { port, [Symbol.asyncDispose]: stop };
}

function configuration(port: number, to: number, sending: string, admin: string): string {
  return `global
  stats socket ${admin} mode 600
defaults
  mode tcp
  timeout connect 10s
  timeout client 30s
  timeout server 30s
frontend clients
  bind 127.0.0.1:${port}
  bind ::1:${port}
  unique-id-format %{+X}o%ci:%cp
  default_backend servers
backend servers
  server one 127.0.0.1:${to} ${sending}
`;
}
