import type { Bytes } from "@sallyport/policy";
import { connect, FatalError, orAborted, ServerError, WireError } from "@sallyport/wire";
import type { Client, ConnectionOptions, PreparedStatement, Result } from "@sallyport/wire";
import type { StoredSecret } from "@sallyport/methods";
import { reasonOf } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import { notAccepting } from "../upstream/not-accepting.ts";
import { upstreamSurroundings } from "../upstream/surroundings.ts";
import { prepareAuthQuery } from "./auth-query.ts";
import type { AskSecret } from "./auth-query.ts";
import type { FoundSecret, SecretSource } from "./secret-source.ts";
import { loginStatement } from "./statement.ts";

/** What the catalogue says of one role at the moment of its login. */
export interface LoginRow extends StoredSecret {
  /** The roles that it is a direct or indirect member of, itself among them; empty if it does not exist. */
  readonly memberOf: ReadonlySet<Bytes>;
  readonly canLogIn: boolean;
  readonly superuser: boolean;
  /** It has the privileges of pg_use_reserved_connections. */
  readonly reserved: boolean;
}

interface CatalogSession {
  readonly client: Client;
  readonly login: PreparedStatement;
  /** Null: the login statement has the secret, or there is none. */
  readonly askSecret: AskSecret | null;
  /** Of the catalogue's own role. */
  readonly own: LoginRow;
}

/** Nobody who was only asked for may keep a login waiting for longer than this. */
const answerWithin = 10_000;

const insufficientPrivilege = "42501";

const unknownRole: LoginRow = {
  exists: false,
  secret: null,
  expired: false,
  memberOf: new Set(),
  canLogIn: false,
  superuser: false,
  reserved: false,
};

/**
 * The gateway's own session in the upstream, which answers for every login: asked each time, nothing is cached.
 * What a client sent reaches it only as a bound parameter. A lost session is opened anew for the next login.
 */
export class Catalog {
  readonly #options: ConnectionOptions;
  readonly #log: Log;
  readonly #source: SecretSource;
  #session: Promise<CatalogSession> | null = null;
  readonly #closing = new AbortController();

  constructor(options: ConnectionOptions, log: Log, source: SecretSource = { kind: "pg_authid" }) {
    const parameters = [
      ["application_name", "sallyport catalogue"],
      ["search_path", ""],
      ["default_transaction_read_only", "on"],
      ["statement_timeout", String(answerWithin)],
    ] as const;
    const connectTimeout = options.connectTimeout ?? answerWithin;
    this.#options = { ...options, parameters, connectTimeout, ...whereItMayRead(options) };
    this.#log = log;
    this.#source = source;
  }

  /** Opens the session, so that what is wrong with it shows at start. */
  async open(): Promise<void> {
    const { own } = await this.#open();
    if (own.superuser) {
      this.#log.log(
        "WARNING",
        `the role of the catalogue, "${this.#options.user}", is a superuser and need not be`,
      );
    }
  }

  /**
   * @throws {FatalError} 57P03 if the catalogue cannot be asked: then nobody is let in
   * @throws {WireError} the login's own time is over
   */
  async lookUp(role: Bytes, signal: AbortSignal): Promise<LoginRow> {
    try {
      return await orAborted(this.#ask(role), signal);
    } catch (error) {
      signal.throwIfAborted();
      // A name that is no text in the upstream's encoding is the name of no role.
      if (error instanceof ServerError && error.code === "22021") return unknownRole;
      throw notAccepting(`The catalogue cannot be asked: ${reasonOf(error)}`, error);
    }
  }

  /** Null: it answers; else why not, for people. */
  async fault(signal: AbortSignal): Promise<string | null> {
    try {
      await orAborted(this.#ask(this.#options.user), signal);
      return null;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** For good: who asks afterwards, as health checks may, opens no session that nobody would close. */
  async close(): Promise<void> {
    this.#closing.abort(new WireError("aborted", "the gateway is shutting down"));
    const session = this.#session;
    this.#session = null;
    const opened = await session?.catch(() => null);
    await opened?.client.close();
  }

  async #ask(role: Bytes): Promise<LoginRow> {
    const { login, askSecret } = await this.#open();
    const [result, found] = await Promise.all([
      login.execute([role], { timeout: answerWithin }),
      askSecret?.(role) ?? secretElsewhere(this.#source, role),
    ]);
    const row = loginRow(result);
    return found === null || !row.exists ? row : { ...row, ...found };
  }

  /** One session at a time: logins that arrive while it is being opened wait for the same. */
  async #open(): Promise<CatalogSession> {
    this.#closing.signal.throwIfAborted();
    this.#session ??= this.#start();
    return await this.#session;
  }

  #start(): Promise<CatalogSession> {
    const session = openCatalog(this.#options, this.#source, this.#closing.signal);
    const forget = (): void => {
      if (this.#session === session) this.#session = null;
    };
    session.then(async ({ client }) => await client.closed).then(forget, forget);
    return session;
  }
}

/** Its session is read-only by its own wish, which says nothing of the server: `read-write` asks it for the primary. */
function whereItMayRead({ settings }: ConnectionOptions): Pick<ConnectionOptions, "settings"> {
  return settings?.get("target_session_attrs") === "read-write"
    ? { settings: new Map([...settings, ["target_session_attrs", "primary"]]) }
    : {};
}

async function openCatalog(
  options: ConnectionOptions,
  source: SecretSource,
  closing: AbortSignal,
): Promise<CatalogSession> {
  const client = await connect(options, {}, closing, upstreamSurroundings);
  const destroy = (): void => client.destroy();
  closing.addEventListener("abort", destroy);
  try {
    const statement = loginStatement(source.kind === "pg_authid");
    const login = await client.prepare("login", statement, { timeout: answerWithin });
    // What its role may read shows only in use, and is to show now.
    const own = loginRow(await login.execute([options.user], { timeout: answerWithin }));
    const askSecret =
      source.kind === "query" ? await prepareAuthQuery(client, source.sql, options.user, answerWithin) : null;
    return { client, login, askSecret, own };
  } catch (error) {
    await client.close();
    throw error instanceof ServerError && error.code === insufficientPrivilege
      ? mayNotRead(options, error)
      : error;
  } finally {
    closing.removeEventListener("abort", destroy);
  }
}

/** Null: the row of the catalogue says it. */
function secretElsewhere(source: SecretSource, role: Bytes): FoundSecret | null {
  if (source.kind !== "file") return null;
  const secret = source.file.current.secretOf(role);
  return secret === null ? { secret, noSecret: `Role "${role}" is not in auth_file.` } : { secret };
}

function mayNotRead({ user, database }: ConnectionOptions, cause: ServerError): FatalError {
  const message = `role "${user}" cannot read the catalogue: ${cause.message}`;
  const hint = `"sallyport init --catalog-sql" prints the grants that it needs in database "${database}".`;
  return new FatalError(cause.code, message, { hint, cause });
}

function loginRow({ rows }: Result): LoginRow {
  const [exists, secret = null, expired, memberOf, canLogIn, superuser, reserved] = rows[0] ?? [];
  return {
    exists: exists === "1",
    secret,
    expired: expired === "t",
    memberOf: new Set((memberOf ?? "").split(",").flatMap((hex) => (hex === "" ? [] : fromHex(hex)))),
    canLogIn: canLogIn === "t",
    superuser: superuser === "t",
    reserved: reserved === "t",
  };
}

function fromHex(hex: string): Bytes {
  return Buffer.from(hex, "hex").toString("latin1");
}
