import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { IssuedCertificate } from "./certificates/authority.ts";
import { command } from "./command.ts";
import { accepts } from "./accepts.ts";
import { freePort } from "./free-port.ts";
import { tempDirectory } from "./temp-directory.ts";

const programs = { slapd: "/usr/sbin/slapd", slapadd: "/usr/sbin/slapadd" } as const;

export interface SlapdOptions {
  /** Default: `dc=example,dc=net`. */
  readonly suffix?: string;
  /** Entries below the suffix's own, in LDIF. */
  readonly ldif: string;
  /** Also serve StartTLS and `ldaps`. */
  readonly tls?: Pick<IssuedCertificate, "certFile" | "keyFile">;
  /** More lines of slapd.conf, before those of the database. */
  readonly conf?: string;
}

/** A real OpenLDAP server on 127.0.0.1 and ::1. It ends with `await using`, or by `stop()`. */
export interface Slapd extends AsyncDisposable {
  readonly port: number;
  /** Of `ldaps`. */
  readonly tlsPort: number;
  readonly suffix: string;
  /** Its administrator, who may see everything. */
  readonly rootDn: string;
  readonly rootPassword: string;
  /** What it has said, with each operation: `stats` of slapd.conf(5). */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts a server with the entries of `ldif`; everybody may search, and bind. */
export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  const room = await tempDirectory();
  try {
    // A port that is taken meanwhile costs another attempt.
    for (let attempt = 1; ; attempt++) {
      const started = await start(room.path, options, room.remove, attempt);
      if (typeof started !== "string") return started;
      if (attempt === 5) throw new Error(`slapd did not start: ${started}`);
    }
  } catch (error) {
    await room.remove();
    throw error;
  }
}

async function start(
  room: string,
  options: SlapdOptions,
  remove: () => Promise<void>,
  attempt: number,
): Promise<Slapd | string> {
  const { suffix = "dc=example,dc=net", ldif, tls } = options;
  const rootDn = `cn=Manager,${suffix}`;
  const rootPassword = "manager-secret";
  const home = join(room, String(attempt));
  const at = (name: string): string => join(home, name);
  await mkdir(home);
  await mkdir(at("data"));
  await writeFile(at("slapd.conf"), configuration(at, suffix, rootDn, rootPassword, options), {
    mode: 0o600,
  });
  const [, dc = ""] = /^dc=([^,]+)/.exec(suffix) ?? [];
  const top = `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\ndc: ${dc}\no: ${dc}\n\n`;
  await writeFile(at("entries.ldif"), top + ldif);
  const added = await command(programs.slapadd, ["-f", at("slapd.conf"), "-l", at("entries.ldif")]);
  if (added.status !== 0) throw new Error(`slapadd: ${added.stderr}`);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const hosts = ["127.0.0.1", "[::1]"];
  const plain = hosts.map((host) => `ldap://${host}:${port}`);
  const secured = tls === undefined ? [] : hosts.map((host) => `ldaps://${host}:${tlsPort}`);
  const urls = [...plain, ...secured].join(" ");
  // In a file, what it says of an operation can be read as soon as that has its answer.
  const output = await open(at("log"), "w");
  const child = spawn(programs.slapd, ["-f", at("slapd.conf"), "-h", urls, "-d", "stats"], {
    stdio: ["ignore", "ignore", output.fd],
  });
  const ended = once(child, "close");
  await output.close();
  const said = (): string => readFileSync(at("log"), "utf8");
  const deadline = performance.now() + 20_000;
  while (child.exitCode === null && performance.now() < deadline) {
    if (said().includes("slapd starting") && (await accepts({ port: port, host: "127.0.0.1" }))) {
      const stop = async (): Promise<void> => {
        child.kill();
        await ended;
        await remove();
      };
      const about = { port, tlsPort, suffix, rootDn, rootPassword };
      return { ...about, log: said, stop, [Symbol.asyncDispose]: stop };
    }
    await delay(5);
  }
  child.kill();
  await ended;
  return said();
}

function configuration(
  at: (name: string) => string,
  suffix: string,
  rootDn: string,
  rootPassword: string,
  { tls, conf = "" }: SlapdOptions,
): string {
  const certificate =
    tls === undefined ? "" : `TLSCertificateFile ${tls.certFile}\nTLSCertificateKeyFile ${tls.keyFile}\n`;
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile ${at("slapd.pid")}
modulepath /usr/lib/ldap
moduleload back_mdb.la
${certificate}${conf}
database mdb
directory ${at("data")}
suffix "${suffix}"
rootdn "${rootDn}"
rootpw ${rootPassword}
`;
}
