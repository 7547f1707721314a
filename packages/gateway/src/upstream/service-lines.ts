import type { Bytes } from "@sallyport/policy";
import { isVerified, socketPath } from "@sallyport/wire";
import type { ConnectionOptions } from "@sallyport/wire";

/** Who the gateway is to its upstream. */
export interface ServiceFacts {
  /** Name of the operating system's user that runs it. */
  readonly osUser: Bytes;
  readonly upstream: Pick<ConnectionOptions, "hosts" | "settings">;
}

/** Lines for the upstream's files, and what has to be done here. */
export interface ServiceLines {
  readonly hba: readonly Bytes[];
  readonly ident: readonly Bytes[];
  /** For the passfile of the gateway. */
  readonly passfile: readonly Bytes[];
}

/**
 * What lets the gateway in as every role upstream (`upstream_auth = service`): by peer over a Unix socket, by its
 * certificate over verified TLS, else by a password for each role. `all` stands for every role in maps from PostgreSQL 16
 * on; before, a line for each.
 */
export function serviceLines({ osUser, upstream: { hosts, settings } }: ServiceFacts): ServiceLines {
  if (hosts.every((host) => socketPath(host) !== null)) {
    return {
      hba: ["local  all          all  peer  map=sallyport", "local  replication  all  peer  map=sallyport"],
      ident: [`sallyport  ${quoted(osUser)}  all`],
      passfile: [],
    };
  }
  if (isVerified(settings) && (settings?.get("sslcert") ?? "") !== "") {
    const ident = ["sallyport  CN_OF_ITS_CERTIFICATE  all"];
    return { hba: hostLines("hostssl", "cert  map=sallyport"), ident, passfile: [] };
  }
  const passfile = hosts.map(({ host, port }) => `${escaped(host)}:${port}:*:ROLE:PASSWORD`);
  return { hba: hostLines("host", "scram-sha-256"), ident: [], passfile };
}

function hostLines(type: Bytes, method: Bytes): Bytes[] {
  return ["all        ", "replication"].map((database) => `${type}  ${database}  all  GATEWAY/32  ${method}`);
}

/** The same for people. */
export function serviceText({ hba, ident, passfile }: ServiceLines): Bytes[] {
  return [
    ...block("pg_hba.conf of the upstream:", hba),
    ...block("pg_ident.conf of the upstream (before PostgreSQL 16 a line for each role):", ident),
    ...block("passfile of the gateway, a line for each role:", passfile),
  ];
}

function block(title: Bytes, lines: readonly Bytes[]): Bytes[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function quoted(name: Bytes): Bytes {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** As a passfile has it (manual, "The Password File"). */
function escaped(host: Bytes): Bytes {
  return host.replaceAll(/[\\:]/g, String.raw`\$&`);
}
