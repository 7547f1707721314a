import type { Bytes } from "@sallyport/policy";
import { FatalError, ServerError } from "@sallyport/wire";
import type { Client, PreparedStatement, Result } from "@sallyport/wire";
import type { FoundSecret } from "./secret-source.ts";

/** `auth_query` cannot be used, for whatever role: what is wrong with it is for whoever runs the gateway. */
export class AuthQueryError extends FatalError {
  override readonly name: string = "AuthQueryError";
}

/** Asks for the secret of a role. */
export type AskSecret = (role: Bytes) => Promise<FoundSecret>;

/**
 * Prepares `auth_query` in the catalogue session and runs it once, so that what is wrong with it shows now. As in
 * PgBouncer it has one parameter, the role, and two columns, name and secret. No row, or one without a name, means
 * that it does not know the role; a secret that is null that nobody can log in by it.
 *
 * @param user whom to ask about: the catalogue's own role
 * @throws {AuthQueryError}
 */
export async function prepareAuthQuery(
  client: Client,
  sql: Bytes,
  user: Bytes,
  timeout: number,
): Promise<AskSecret> {
  const query = await client.prepare("secret", sql, { timeout }).catch(refused);
  const columns = query.columns.length;
  if (columns !== 2) {
    const message = `auth_query must return two columns, name and secret, and returns ${columns}`;
    throw new AuthQueryError("42P10", message, { hint });
  }
  const ask: AskSecret = async (role) => await secretOf(query, role, timeout);
  await ask(user).catch(refused);
  return ask;
}

function refused(error: unknown): never {
  if (!(error instanceof ServerError)) throw error;
  throw new AuthQueryError(error.code, `auth_query cannot be run: ${error.message}`, { hint, cause: error });
}

const hint =
  "It has one parameter, $1, for the name of the role, and runs with an empty search_path, in a read-only transaction, as the catalogue's role.";

async function secretOf(query: PreparedStatement, role: Bytes, timeout: number): Promise<FoundSecret> {
  try {
    return found(await query.execute([role], { timeout }), role);
  } catch (error) {
    if (!(error instanceof ServerError && isAboutRole(error))) throw error;
    return { secret: null, noSecret: `auth_query failed for role "${role}": ${error.message}` };
  }
}

/**
 * What a function raises by itself (class P0), and what it makes of a value (class 22), may be about this one name:
 * then the role has no secret, and nobody can tell it from one that does not exist. Anything else is wrong for all.
 */
function isAboutRole({ code }: ServerError): boolean {
  return code.startsWith("P0") || code.startsWith("22");
}

/** Whose row it is, is looked at: a query that answers with somebody else's must let nobody in by his secret. */
function found({ rows }: Result, role: Bytes): FoundSecret {
  const [row, another] = rows;
  const [name = null, secret = null] = row ?? [];
  if (another)
    return { secret: null, noSecret: `auth_query returned ${rows.length} rows for role "${role}".` };
  if (name === null) return { secret: null, noSecret: `auth_query returned no secret for role "${role}".` };
  if (name !== role) return { secret: null, noSecret: `auth_query returned another role than "${role}".` };
  return secret === null ? { secret, noSecret: null } : { secret };
}
