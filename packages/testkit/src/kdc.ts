import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { command } from "./command.ts";
import type { CommandResult } from "./command.ts";
import { accepts } from "./accepts.ts";
import { freePort } from "./free-port.ts";
import { tempDirectory } from "./temp-directory.ts";

const programs = {
  kdc: "/usr/sbin/krb5kdc",
  kadmin: "/usr/sbin/kadmin.local",
  create: "/usr/sbin/kdb5_util",
  kinit: "/usr/bin/kinit",
} as const;

export interface KdcOptions {
  /** Default: `EXAMPLE.COM`. */
  readonly realm?: string;
  /** Users; the password of each is its name and `-secret`. */
  readonly users: readonly string[];
  /** Services whose keys go into `keytab`; default: `postgres` on `localhost` and `127.0.0.1`. */
  readonly services?: readonly string[];
}

/** A ticket of somebody, in a file of its own. */
export interface Ticket {
  /** What a client needs: `KRB5_CONFIG` and `KRB5CCNAME`. */
  readonly environment: Readonly<Record<string, string>>;
  /** `FILE:/…` */
  readonly cache: string;
}

/** A real KDC of MIT Kerberos on 127.0.0.1, with a realm of its own. It ends with `await using`. */
export interface Kdc extends AsyncDisposable {
  readonly realm: string;
  /** `krb5.conf`. */
  readonly configuration: string;
  /** The keys of the services, readable for everybody who reaches it. */
  readonly keytab: string;
  /** What a client without a ticket needs: `KRB5_CONFIG`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same, with what kadmin.local(8) needs. */
  readonly administrator: Readonly<Record<string, string>>;
  /** Logs a user in, as kinit(1) does with these options. */
  readonly ticket: (user: string, options?: readonly string[]) => Promise<Ticket>;
  /** Asks kadmin.local(8), a line a query. */
  readonly administer: (queries: readonly string[]) => Promise<CommandResult>;
}

/** Makes a realm, in half a second, and starts its KDC. */
export async function startKdc(options: KdcOptions): Promise<Kdc> {
  const { realm = "EXAMPLE.COM", users } = options;
  const { services = ["postgres/localhost", "postgres/127.0.0.1"] } = options;
  // Others must get at the keytab and at krb5.conf: the server of the test runs as a user of its own.
  const room = await tempDirectory(0o711);
  const at = (name: string): string => join(room.path, name);
  const [configuration, keytab] = [at("krb5.conf"), at("krb5.keytab")];
  const environment = { KRB5_CONFIG: configuration };
  const administrator = { ...environment, KRB5_KDC_PROFILE: at("kdc.conf") };
  const ours = { ...process.env, ...administrator };
  const run = async (file: string, args: readonly string[], input = ""): Promise<CommandResult> => {
    const result = await command(file, args, { env: ours, input });
    if (result.status !== 0) throw new Error(`${file}: ${result.stderr}`);
    return result;
  };
  const administer = async (queries: readonly string[]): Promise<CommandResult> =>
    await run(programs.kadmin, ["-r", realm], `${queries.join("\n")}\n`);
  let caches = 0;
  let stop: () => Promise<void> = room.remove;
  try {
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort(["127.0.0.1"]);
      await writeFile(configuration, clientConfiguration(realm, port), { mode: 0o644 });
      await writeFile(at("kdc.conf"), kdcConfiguration(realm, port, room.path), { mode: 0o600 });
      if (attempt === 1) {
        await run(programs.create, ["create", "-s", "-r", realm, "-P", "master-secret"]);
        await administer([
          ...users.map((user) => `addprinc -pw ${user}-secret ${user}`),
          ...services.map((service) => `addprinc -randkey ${service}`),
          ...services.map((service) => `ktadd -k ${keytab} ${service}`),
        ]);
        if (services.length > 0) await chmod(keytab, 0o644);
      }
      const ending = await startDaemon(ours, port);
      if (ending !== null) {
        stop = async () => {
          await ending();
          await room.remove();
        };
        break;
      }
      if (attempt === 5) throw new Error("krb5kdc does not start");
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const ticket = async (user: string, more: readonly string[] = []): Promise<Ticket> => {
    caches += 1;
    const cache = `FILE:${at(`ticket-${caches}`)}`;
    await run(programs.kinit, ["-c", cache, ...more, `${user}@${realm}`], `${user}-secret\n`);
    return { cache, environment: { ...environment, KRB5CCNAME: cache } };
  };
  return {
    realm,
    configuration,
    keytab,
    environment,
    administrator,
    ticket,
    administer,
    [Symbol.asyncDispose]: async () => await stop(),
  };
}

/** Null: it ended at once, as when somebody took the port. */
async function startDaemon(
  env: Readonly<Record<string, string | undefined>>,
  port: number,
): Promise<(() => Promise<void>) | null> {
  const child = spawn(programs.kdc, ["-n"], { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close");
  const deadline = performance.now() + 20_000;
  while (!(await accepts({ port, host: "127.0.0.1" }))) {
    if (child.exitCode !== null) return null;
    if (performance.now() > deadline) {
      child.kill();
      await ended;
      return null;
    }
    await delay(5);
  }
  if (child.exitCode !== null) return null;
  return async () => {
    child.kill();
    await ended;
  };
}

function clientConfiguration(realm: string, port: number): string {
  return `[libdefaults]
default_realm = ${realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
${realm} = {
  kdc = 127.0.0.1:${port}
}
`;
}

function kdcConfiguration(realm: string, port: number, directory: string): string {
  return `[kdcdefaults]
kdc_listen = 127.0.0.1:${port}
kdc_tcp_listen = 127.0.0.1:${port}
[realms]
${realm} = {
  database_name = ${directory}/principal
  key_stash_file = ${directory}/stash
  acl_file = ${directory}/kadm5.acl
  max_life = 1h
  max_renewable_life = 1h
}
[logging]
kdc = FILE:${directory}/kdc.log
admin_server = FILE:${directory}/kadmin.log
`;
}
