import { utf8Text } from "@sallyport/policy";
import type { Bytes, Place } from "@sallyport/policy";
import { connect, parseStoredPassword, ServerError } from "@sallyport/wire";
import type { Client, ConnectionOptions } from "@sallyport/wire";
import type { AuthFile } from "../catalog/auth-file.ts";
import { readAuthFile } from "../catalog/read-auth-file.ts";
import { upstreamSurroundings } from "../upstream/surroundings.ts";
import { finding, quoted, textOf } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";
import type { FindingId } from "../findings/finding-kinds.ts";
import { answerWithin } from "./upstream-hosts.ts";

/** Of one kind; whoever has more of them has one mistake, not many. */
const most = 20;

export interface AuthFileCheck {
  /** Null: it cannot be used. */
  readonly file: AuthFile | null;
  readonly findings: readonly Finding[];
}

/** `auth_file` by itself: whether it can be used, and which of its secrets let nobody in. */
export async function checkAuthFile(fileName: Bytes): Promise<AuthFileCheck> {
  const reading = await readAuthFile(fileName);
  if (!("file" in reading)) {
    const { message, hint } = reading;
    return { file: null, findings: [finding("auth-file-refused", utf8Text(message), { hint })] };
  }
  const { file } = reading;
  const useless = namesWhere(file, (_, secret) => parseStoredPassword(secret).kind === "plaintext");
  const findings = each(
    "auth-file-secret",
    file,
    useless,
    (name) => `the secret of ${name} is no MD5 or SCRAM secret`,
  );
  return { file, findings };
}

/** `auth_file` beside the roles of the upstream, as far as the catalogue's role may see them. */
export async function compareAuthFile(
  file: AuthFile,
  options: ConnectionOptions,
): Promise<readonly Finding[]> {
  return await compare(file, options).catch((error: unknown) => [finding("catalogue-away", textOf(error))]);
}

async function compare(file: AuthFile, options: ConnectionOptions): Promise<readonly Finding[]> {
  const client = await connect(options, {}, undefined, upstreamSurroundings);
  try {
    const roles = await rolesOf(client);
    const secrets = await secretsOf(client);
    return [
      ...each(
        "auth-file-role",
        file,
        namesWhere(file, (name) => !roles.has(name)),
        (name) => `there is no role ${name} upstream`,
      ),
      ...each(
        "auth-file-login",
        file,
        namesWhere(file, (name) => roles.get(name) === false),
        (name) => `the role ${name} is not permitted to log in upstream`,
      ),
      ...each(
        "auth-file-differs",
        file,
        namesWhere(file, (name, secret) => isOther(secret, name, secrets)),
        (name) => `the secret of ${name} is not the one that the upstream has`,
      ),
    ];
  } finally {
    await client.close();
  }
}

/** Whether each role may log in. */
async function rolesOf(client: Client): Promise<ReadonlyMap<Bytes, boolean>> {
  const { rows } = await client.query("select rolname, rolcanlogin from pg_catalog.pg_roles", [], {
    timeout: answerWithin,
  });
  return new Map(rows.map(([name, canLogIn]) => [name ?? "", canLogIn === "t"]));
}

/** Null: they may not be read. */
async function secretsOf(client: Client): Promise<ReadonlyMap<Bytes, Bytes | null> | null> {
  try {
    const { rows } = await client.query("select rolname, rolpassword from pg_catalog.pg_authid", [], {
      timeout: answerWithin,
    });
    return new Map(rows.map(([name, secret = null]) => [name ?? "", secret]));
  } catch (error) {
    if (error instanceof ServerError && error.code === "42501") return null;
    throw error;
  }
}

function isOther(secret: Bytes, name: Bytes, secrets: ReadonlyMap<Bytes, Bytes | null> | null): boolean {
  const theirs = secrets?.get(name);
  return theirs !== undefined && theirs !== secret && parseStoredPassword(secret).kind !== "plaintext";
}

function namesWhere(file: AuthFile, holds: (name: Bytes, secret: Bytes) => boolean): Bytes[] {
  return [...file.entries()].filter(([name, { secret }]) => holds(name, secret)).map(([name]) => name);
}

function each(
  id: FindingId,
  file: AuthFile,
  names: readonly Bytes[],
  say: (name: string) => string,
): Finding[] {
  const found = names
    .slice(0, most)
    .map((name) => finding(id, say(quoted(name)), { place: placeOf(file, name) }));
  const more = names.length - found.length;
  return more > 0 ? [...found, finding(id, `the same of ${more} more names of auth_file`)] : found;
}

function placeOf(file: AuthFile, name: Bytes): Place | null {
  const entry = file.entries().get(name);
  return entry ? { fileName: file.fileName, lineNumber: entry.line, column: 1, endColumn: 1 } : null;
}
