import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";

/** What a new gate is made of. */
export interface GateFiles {
  /** `embedded`, or a libpq connection string. */
  readonly upstream: string;
  readonly port: number;
  readonly socketDirectory: string;
  readonly demo: boolean;
}

/**
 * Makes the directory of a gate and its three files, safe by default: passwords by SCRAM, from this machine only.
 * Others may pass through the directory, since an embedded server may run as another user, but not list it.
 */
export async function writeGateFiles(directory: string, files: GateFiles): Promise<void> {
  await mkdir(directory, { mode: 0o711 }).catch((error: unknown) => {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!exists) throw error;
    throw alreadyThere(directory);
  });
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(join(directory, name), text, { mode: 0o600, flag: "wx" });
  };
  await write("sallyport.conf", settingsText(files));
  await write("pg_hba.conf", hbaText(files.demo));
  await write("pg_ident.conf", identText);
}

/** What is there is never touched. */
export function alreadyThere(directory: string): Failure {
  return new Failure(`"${directory}" exists already`, { hint: "A gate is made in a new directory." });
}

function settingsText({ upstream, port, socketDirectory }: GateFiles): string {
  return `# Settings of this gate, in the syntax of postgresql.conf and, where PostgreSQL has the setting, under its name.
# One setting by itself:  npx sallyport serve -D DIR -C port

listen_addresses = 'localhost'
port = ${port}
unix_socket_directories = ${quoted(socketDirectory)}

# The PostgreSQL behind the gateway: a libpq connection string or URI, or 'embedded'.
upstream = ${quoted(upstream)}

${upstream === "embedded" ? embeddedAuth : passthroughAuth}

log_connections = 'receipt,authentication,authorization'
log_disconnections = on
log_line_prefix = '%m [%p] '
`;
}

const embeddedAuth = `# Sessions of roles open upstream with the gateway's own credential: the embedded PostgreSQL knows it by peer.
upstream_auth = service`;

const passthroughAuth = `# Sessions of roles open upstream with what their client has proved; with "service" by the gateway's own credential:
# peer or trust there, or the entry that the passfile (~/.pgpass, or passfile=FILE in "upstream") has for the role.
upstream_auth = passthrough`;

/** The numbers of the lines stand in what `npm start` prints; a test holds them together. */
function hbaText(demo: boolean): string {
  const intern = `# The intern has a password, and may not come in all the same.
host    all             intern          all                     reject

`;
  return `# Who may come in, and how. Every line means what it means to PostgreSQL 18.
#
# The first line whose type, database, user and address fit decides; if its
# method fails, no later line is tried.
# After a change:  npx sallyport reload -D DIR
# Ask about it:    npx sallyport explain -D DIR -U NAME -d DATABASE --address IP
#
# TYPE  DATABASE        USER            ADDRESS                 METHOD

${demo ? intern : ""}# From this machine, with a password.
host    all             all             127.0.0.1/32            scram-sha-256
host    all             all             ::1/128                 scram-sha-256
local   all             all                                     scram-sha-256
`;
}

const identText = `# User name maps: as which roles a user of another system may log in.
#
# MAPNAME       SYSTEM-USERNAME         DATABASE-USERNAME
`;

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n")}'`;
}
