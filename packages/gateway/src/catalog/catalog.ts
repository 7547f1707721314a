import type { Bytes } from "@sallyport/policy";
import { connect, FatalError, orAborted, ServerError, WireError } from "@sallyport/wire";
import type { Client, ConnectionOptions, Result } from "@sallyport/wire";
import type { StoredSecret } from "@sallyport/methods";
import { reasonOf } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import { notAccepting } from "../upstream/not-accepting.ts";
import { upstreamSurroundings } from "../upstream/surroundings.ts";
import { prepareAuthQuery } from "./auth-query.ts";
import type { AskSecret } from "./auth-query.ts";
import type { FoundSecret, SecretSource } from "./secret-source.ts";
import { sessionGround } from "./session-ground.ts";
import type { SessionGround } from "./session-ground.ts";
import { loginStatement } from "./statement.ts";

/** What the catalogue says of one role at the moment of its login. */
export interface LoginRow extends StoredSecret {
  /** The roles that it is a direct or indirect member of, itself among them; empty if it does not exist. */
  readonly memberOf: ReadonlySet<Bytes>;
  readonly canLogIn: boolean;
  readonly superuser: boolean;
  /** It has the privileges of pg_use_reserved_connections. */
  readonly reserved: boolean;
  /** When it was asked for, as `performance.now()` has it. */
  readonly askedAt: number;
  /** Null: nobody asks for it, since no session is used again. */
  readonly ground: SessionGround | null;
}

/** Asks the catalogue about one role, each time anew; as `Catalog.lookUp`. */
export type LookUp = (signal: AbortSignal) => Promise<LoginRow>;

interface CatalogSession {
  readonly client: Client;
  /** The row of a role, for its session in that database. */
  readonly ask: (role: Bytes, database: Bytes | null) => Promise<Result>;
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
  askedAt: -Infinity,
  ground: null,
};

export interface CatalogWishes {
  /** Default: pg_authid. */
  readonly source?: SecretSource | undefined;
  /** Sessions upstream are used again, and depend on what the catalogue says of role and database. Default: no. */
  readonly sessions?: boolean | undefined;
}

/**
 * The gateway's own session in the upstream, which answers for every login: asked each time, nothing is cached.
 * What a client sent reaches it only as a bound parameter. A lost session is opened anew for the next login.
 */
export class Catalog {
  readonly #options: ConnectionOptions;
  readonly #log: Log;
  readonly #source: SecretSource;
  readonly #sessions: boolean;
  #session: Promise<CatalogSession> | null = null;
  readonly #closing = new AbortController();

  constructor(options: ConnectionOptions, log: Log, { source, sessions = false }: CatalogWishes = {}) {
    const parameters = [
      ["application_name", "sallyport catalogue"],
      ["search_path", ""],
      ["default_transaction_read_only", "on"],
      ["statement_timeout", String(answerWithin)],
    ] as const;
    const connectTimeout = options.connectTimeout ?? answerWithin;
    this.#options = { ...options, parameters, connectTimeout, ...whereItMayRead(options) };
    this.#log = log;
    this.#source = source ?? { kind: "pg_authid" };
    this.#sessions = sessions;
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
   * @param database in which it wants a session; null: in none
   * @throws {FatalError} 57P03 if the catalogue cannot be asked: then nobody is let in
   * @throws {WireError} the login's own time is over
   */
  async lookUp(role: Bytes, database: Bytes | null, signal: AbortSignal): Promise<LoginRow> {
    try {
      return await orAborted(this.#ask(role, database), signal);
    } catch (error) {
      signal.throwIfAborted();
      // A name that is no text in the upstream's encoding is the name of no database, or of no role.
      if (error instanceof ServerError && error.code === "22021")
        return this.#sessions && database !== null ? await this.lookUp(role, null, signal) : unknownRole;
      throw notAccepting(`The catalogue cannot be asked: ${reasonOf(error)}`, error);
    }
  }

  /** Null: it answers; else why not, for people. */
  async fault(signal: AbortSignal): Promise<string | null> {
    try {
      await orAborted(this.#ask(this.#options.user, null), signal);
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

  async #ask(role: Bytes, database: Bytes | null): Promise<LoginRow> {
    const { ask, askSecret } = await this.#open();
    const askedAt = performance.now();
    const [result, found] = await Promise.all([
      ask(role, database),
      askSecret?.(role) ?? secretElsewhere(this.#source, role),
    ]);
    return loginRow(result, found, this.#sessions, askedAt);
  }

  /** One session at a time: logins that arrive while it is being opened wait for the same. */
  async #open(): Promise<CatalogSession> {
    this.#closing.signal.throwIfAborted();
    this.#session ??= this.#start();
    return await this.#session;
  }

  #start(): Promise<CatalogSession> {
    const session = openCatalog(this.#options, this.#source, this.#sessions, this.#closing.signal);
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
  sessions: boolean,
  closing: AbortSignal,
): Promise<CatalogSession> {
  const client = await connect(options, {}, closing, upstreamSurroundings);
  const destroy = (): void => client.destroy();
  closing.addEventListener("abort", destroy);
  try {
    const statement = loginStatement({
      secret: source.kind === "pg_authid",
      session: sessions ? { serverMajor: majorOf(client) } : null,
    });
    const login = await client.prepare("login", statement, { timeout: answerWithin });
    const ask: CatalogSession["ask"] = async (role, database) =>
      await login.execute(sessions ? [role, database] : [role], { timeout: answerWithin });
    // What its role may read shows only in use, and is to show now.
    const own = loginRow(await ask(options.user, options.database), null, sessions, performance.now());
    const askSecret =
      source.kind === "query" ? await prepareAuthQuery(client, source.sql, options.user, answerWithin) : null;
    return { client, ask, askSecret, own };
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

/** 0 if what calls itself by a version is none of PostgreSQL's. */
function majorOf({ parameters }: Client): number {
  return Number.parseInt(parameters.get("server_version") ?? "", 10) || 0;
}

function loginRow({ rows }: Result, found: FoundSecret | null, sessions: boolean, askedAt: number): LoginRow {
  const [exists, storedSecret = null, expired, memberOf = null, canLogIn, superuser, reserved, ...more] =
    rows[0] ?? [];
  const elsewhere = exists === "1" ? found : null;
  const standing = {
    canLogIn: canLogIn === "t",
    superuser: superuser === "t",
    reserved: reserved === "t",
    memberOf: memberOf ?? "",
    secret: elsewhere === null ? storedSecret : elsewhere.secret,
  };
  let roles: ReadonlySet<Bytes> | null = null;
  return {
    ...standing,
    exists: exists === "1",
    expired: expired === "t",
    askedAt,
    ...elsewhere,
    ground: sessions ? sessionGround(more, standing) : null,
    /** Few logins need them. */
    get memberOf() {
      return (roles ??= namesOf(standing.memberOf));
    },
  };
}

/** Hexadecimal digits, between commas. */
function namesOf(list: string): ReadonlySet<Bytes> {
  const names = list === "" ? [] : list.split(",");
  return new Set(names.map((hex) => Buffer.from(hex, "hex").toString("latin1")));
}
