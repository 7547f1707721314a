import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { tempDirectory } from "./temp-directory.ts";

const program = "/usr/sbin/freeradius";

export interface FreeradiusOptions {
  /** What it shares with whoever asks from 127.0.0.1 and ::1. */
  readonly secret: string;
  /** Its file `users` (users(5)): `app Cleartext-Password := "secret"`. */
  readonly users: string;
  /** A Message-Authenticator in its answers, as servers have it that are younger than Debian 12's; default: true. */
  readonly signs?: boolean;
  /** It drops requests without one; default: false. */
  readonly requiresSigned?: boolean;
}

/** A real FreeRADIUS on 127.0.0.1 and ::1. It ends with `await using`. */
export interface Freeradius extends AsyncDisposable {
  readonly port: number;
  /** What it has said, without the passwords that it was sent. */
  readonly log: () => string;
}

export async function startFreeradius(options: FreeradiusOptions): Promise<Freeradius> {
  const room = await tempDirectory();
  try {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort(["127.0.0.1", "::1"]);
      await writeFile(join(room.path, "radiusd.conf"), configuration(room.path, port, options), {
        mode: 0o600,
      });
      await writeFile(join(room.path, "users"), options.users, { mode: 0o600 });
      const started = await run(room.path, port);
      if ("said" in started && (attempt === 5 || !started.said.includes("Address already in use"))) {
        throw new Error(`FreeRADIUS did not start: ${started.said}`);
      }
      if (!("said" in started)) {
        const stop = async (): Promise<void> => {
          await started.stop();
          await room.remove();
        };
        return { port, log: started.log, [Symbol.asyncDispose]: stop };
      }
    }
  } catch (error) {
    await room.remove();
    throw error;
  }
}

interface Running {
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** Until it takes requests; or what it said before it ended. */
async function run(directory: string, port: number): Promise<Running | { readonly said: string }> {
  const child = spawn(program, ["-f", "-l", "stdout", "-d", directory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const ready = Promise.withResolvers<boolean>();
  let said = "";
  const hear = (chunk: Buffer): void => {
    said += chunk.toString();
    if (said.includes("Ready to process requests")) ready.resolve(true);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  child.once("error", ready.reject).once("close", () => ready.resolve(false));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  const tooLate = setTimeout(
    () => ready.reject(new Error(`FreeRADIUS is not ready on port ${port}: ${said}`)),
    30_000,
  );
  try {
    return (await ready.promise) ? { log: () => said, stop } : { said };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(tooLate);
  }
}

/** One statement a line, or it is not read. */
function configuration(
  directory: string,
  port: number,
  { secret, signs = true, requiresSigned = false }: FreeradiusOptions,
): string {
  const reply = signs ? "update reply {\n&Message-Authenticator := 0x00\n}" : "";
  const clients = { client4: "ipaddr = 127.0.0.1", client6: "ipv6addr = ::1" };
  const listen = ["ipaddr = 127.0.0.1", "ipv6addr = ::1"];
  return `prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = ${directory}
logdir = ${directory}
run_dir = ${directory}
hostname_lookups = no
cleanup_delay = 0
proxy_requests = no
log {
auth = yes
}
security {
reject_delay = 0
}
thread pool {
start_servers = 1
max_servers = 2
}
${Object.entries(clients)
  .map(
    ([name, address]) => `client ${name} {
${address}
secret = "${secret}"
require_message_authenticator = ${requiresSigned ? "yes" : "no"}
}`,
  )
  .join("\n")}
modules {
pap {
}
files {
filename = ${directory}/users
}
}
server default {
${listen.map((address) => `listen {\ntype = auth\n${address}\nport = ${port}\n}`).join("\n")}
authorize {
files
pap
}
authenticate {
Auth-Type PAP {
pap
}
}
post-auth {
${reply}
Post-Auth-Type REJECT {
${reply}
}
}
}
`;
}
