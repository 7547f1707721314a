import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { accepts } from "./accepts.ts";
import { freePort } from "./free-port.ts";

const program = "/usr/sbin/oidentd";

/** A real oidentd on 127.0.0.1 and ::1, which tells whose a connection is. It ends with `await using`. */
export interface Oidentd extends AsyncDisposable {
  readonly port: number;
}

/** @param wanted default: a free one. 113 is the one that PostgreSQL asks, and needs root. */
export async function startOidentd(wanted?: number): Promise<Oidentd> {
  const port = wanted ?? (await freePort(["127.0.0.1", "::1"]));
  const args = ["-i", "-S", "-p", String(port), "-a", "127.0.0.1", "-a", "::1"];
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close");
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  const deadline = performance.now() + 30_000;
  for (const host of ["127.0.0.1", "::1"]) {
    while (!(await accepts({ host, port }))) {
      if (child.exitCode === null && performance.now() < deadline) await delay(5);
      else {
        await stop();
        throw new Error(`oidentd did not start: ${said}`);
      }
    }
  }
  return { port, [Symbol.asyncDispose]: stop };
}
