/** From keywords and values to everything that a connection needs. */
import { isIP } from "node:net";
import { fromUnicode } from "../byte-string.ts";
import { WireError } from "../errors.ts";
import type { TlsFiles } from "./tls-options.ts";
import { Secret } from "../secret.ts";
import { ENVIRONMENT_SETTINGS, KEYWORDS, SECRET_KEYWORDS } from "./keywords.ts";
import { conninfoError, parseInteger } from "./values.ts";
import type { ConninfoValues } from "./values.ts";

/** One server to try. */
export interface HostTarget {
  /** A name, an address, or a directory (`/…`, or `@…` in the abstract namespace) that holds a Unix socket. */
  readonly host: string;
  /** `hostaddr`: connect there, whatever `host` is called. */
  readonly address?: string | undefined;
  /** `hostaddr` alone was given: there is no name that a server's certificate could be held to. */
  readonly nameless?: boolean;
  readonly port: number;
  readonly password?: Secret | null | undefined;
}

/** Everything needed to connect; texts are byte strings. */
export interface ConnectionOptions {
  /** Tried in order. */
  readonly hosts: readonly HostTarget[];
  readonly user: string;
  readonly database: string;
  /** Startup parameters beside user and database, in the order to send them. */
  readonly parameters?: readonly (readonly [name: string, value: string])[];
  /** Milliseconds for each host; null or absent: no limit. */
  readonly connectTimeout?: number | null;
  /** The other keywords (`sslmode`, `require_auth`, …), defaults included, secrets not. `connect` refuses what it cannot carry out. */
  readonly settings?: ConninfoValues;
  /** The password file to look in, at each connection, where no password is given; null: none. */
  readonly passfile?: string | null;
  /** Where the files of TLS are by default, and the password of the key. */
  readonly tls?: TlsFiles;
  /** The default socket directory, which password files call `localhost`. */
  readonly socketDirectory?: string;
}

/** What a connection string leaves open. */
export interface ConninfoSurroundings {
  /** `PG*` variables and `SSL_CERT_FILE`, as byte strings (`conninfoEnvironment`). */
  readonly environment: ReadonlyMap<string, string>;
  /** The name of the operating system's user, if it is known. */
  readonly osUser: string | null;
  /** Where `.pgpass` is. */
  readonly homeDirectory: string | null;
  /** Where the socket is if no host is given: `/tmp` in PostgreSQL's own builds, `/var/run/postgresql` in Debian's. */
  readonly socketDirectory: string;
  /** Where the system's `pg_service.conf` is: `/etc/postgresql-common` in Debian's builds; null: nowhere. */
  readonly systemDirectory?: string | null;
}

/** OpenSSL's own, behind `sslrootcert=system`. */
const SYSTEM_ROOTS_VARIABLE = "SSL_CERT_FILE";

/** The variables of a process environment that libpq looks at, as byte strings. */
export function conninfoEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]): [string, string][] =>
    (name.startsWith("PG") || name === SYSTEM_ROOTS_VARIABLE) && value !== undefined
      ? [[name, fromUnicode(value)]]
      : [],
  );
  return new Map(entries);
}

/**
 * Fills in what the connection string leaves out: environment, then defaults.
 *
 * @throws {WireError} `invalid_conninfo` in libpq's words; `not_supported` for raw SCRAM keys, and for a service that has not
 * been looked for (`withService`)
 */
export function resolveConninfo(
  given: ConninfoValues,
  surroundings: ConninfoSurroundings,
): ConnectionOptions {
  const { environment } = surroundings;
  const values = withDefaults(given, environment);
  const value = (keyword: string) => values.get(keyword) ?? "";
  for (const keyword of ["service", "scram_client_key", "scram_server_key"]) {
    if (value(keyword) !== "") {
      throw new WireError("not_supported", `connection option "${keyword}" is not supported by this build`);
    }
  }
  const user = value("user") || surroundings.osUser;
  if (user === null || user === "") {
    throw conninfoError("no PostgreSQL user name given, and the operating system's is unknown");
  }
  const timeout = value("connect_timeout");
  const seconds = timeout === "" ? 0 : parseInteger("connect_timeout", timeout);
  const { homeDirectory } = surroundings;
  const systemRoots = environment.get(SYSTEM_ROOTS_VARIABLE);
  return {
    hosts: resolveHosts(values, surroundings.socketDirectory),
    user,
    database: value("dbname") || user,
    parameters: startupParameters(values, environment),
    connectTimeout: seconds > 0 ? seconds * 1000 : null,
    settings: new Map([...values].filter(([keyword]) => !SECRET_KEYWORDS.has(keyword))),
    passfile: value("passfile") || (homeDirectory === null ? null : `${homeDirectory}/.pgpass`),
    tls: {
      directory: homeDirectory === null ? null : `${homeDirectory}/.postgresql`,
      keyPassword: value("sslpassword") === "" ? null : new Secret(value("sslpassword")),
      ...(systemRoots !== undefined && { systemRoots: [systemRoots] }),
    },
    socketDirectory: surroundings.socketDirectory,
  };
}

/** Whoever trusts all that the system trusts has to look at the server's name, unless he says otherwise. */
function withDefaults(given: ConninfoValues, environment: ReadonlyMap<string, string>): ConninfoValues {
  const values = new Map<string, string>();
  for (const [keyword, { variable, preset }] of KEYWORDS) {
    const fromEnvironment = variable === undefined ? undefined : environment.get(variable);
    const value = given.get(keyword) ?? fromEnvironment ?? oldRequireSsl(keyword, environment) ?? preset;
    if (value !== undefined) {
      values.set(keyword, value);
    }
  }
  const saysMode =
    given.has("sslmode") ||
    environment.has("PGSSLMODE") ||
    oldRequireSsl("sslmode", environment) !== undefined;
  if (values.get("sslrootcert") === "system" && !saysMode) {
    values.set("sslmode", "verify-full");
  }
  return values;
}

/** `PGREQUIRESSL=1`, which libpq still honours, must not be lost. */
function oldRequireSsl(keyword: string, environment: ReadonlyMap<string, string>): string | undefined {
  const required = keyword === "sslmode" && (environment.get("PGREQUIRESSL") ?? "").startsWith("1");
  return required ? "require" : undefined;
}

function resolveHosts(values: ConninfoValues, socketDirectory: string): readonly HostTarget[] {
  const list = (keyword: string) => {
    const text = values.get(keyword) ?? "";
    return text === "" ? [] : text.split(",");
  };
  const names = list("host");
  const addresses = list("hostaddr");
  const ports = list("port");
  if (names.length > 0 && addresses.length > 0 && names.length !== addresses.length) {
    throw conninfoError(`could not match ${names.length} host names to ${addresses.length} hostaddr values`);
  }
  const count = Math.max(names.length, addresses.length, 1);
  if (ports.length > 1 && ports.length !== count) {
    throw conninfoError(`could not match ${ports.length} port numbers to ${count} hosts`);
  }
  const given = values.get("password") ?? "";
  const password = given === "" ? null : new Secret(given);
  return Array.from({ length: count }, (_, index) => {
    const address = addresses[index] || undefined;
    const nameless = address !== undefined && !names[index];
    const host = names[index] || address || socketDirectory;
    return {
      host,
      address: address === undefined ? undefined : checkAddress(address),
      ...(nameless && { nameless }),
      port: parsePort((ports.length > 1 ? ports[index] : ports[0]) ?? ""),
      password,
    };
  });
}

function checkAddress(address: string): string {
  if (isIP(address) === 0) {
    throw conninfoError(`could not parse network address "${address}": Name or service not known`);
  }
  return address;
}

function parsePort(text: string): number {
  const port = text === "" ? 5432 : parseInteger("port", text);
  if (port < 1 || port > 65535) {
    throw conninfoError(`invalid port number: "${text}"`);
  }
  return port;
}

/** In libpq's order. */
function startupParameters(
  values: ConninfoValues,
  environment: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  const name = values.get("application_name") || values.get("fallback_application_name");
  const pairs: (readonly [string, string | undefined])[] = [
    ["replication", values.get("replication")],
    ["options", values.get("options")],
    ["application_name", name],
    ["client_encoding", values.get("client_encoding")],
    ...ENVIRONMENT_SETTINGS.map(([variable, setting]) => [setting, environment.get(variable)] as const),
  ];
  return pairs.flatMap(([setting, value]) => (value === undefined || value === "" ? [] : [[setting, value]]));
}
