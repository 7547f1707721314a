import { readDirectories, readNames } from "../lists.ts";
import type { Bytes } from "@sallyport/policy";
import type { SettingRows } from "../setting.ts";

/** Where the gateway listens, and how many it lets in at a time. */
export interface ListenSettings {
  /** Host names, addresses, `*`, `0.0.0.0`, `::`; none: no TCP. */
  readonly listen_addresses: readonly Bytes[];
  readonly port: number;
  /** Full paths; none: no Unix sockets. */
  readonly unix_socket_directories: readonly Bytes[];
  /** Permission bits of the sockets. */
  readonly unix_socket_permissions: number;
  /** Name or number; empty: the process's own. */
  readonly unix_socket_group: Bytes;
  readonly max_connections: number;
  readonly superuser_reserved_connections: number;
  readonly reserved_connections: number;
  /** Seconds for the whole way in. */
  readonly authentication_timeout: number;
  /** Seconds; 0: the system's default. */
  readonly tcp_keepalives_idle: number;
  readonly tcp_keepalives_interval: number;
  readonly tcp_keepalives_count: number;
  /** Milliseconds; 0: the system's default. */
  readonly tcp_user_timeout: number;
  readonly external_pid_file: Bytes;
}

const largestInteger = 2_147_483_647;

export const listenSettings: SettingRows<ListenSettings> = {
  listen_addresses: {
    type: "list",
    of: "host names and IP addresses",
    read: readNames,
    default: "localhost",
    context: "postmaster",
    whose: "postgresql",
    description:
      "Where to listen for TCP connections; * is everywhere, 0.0.0.0 all of IPv4, :: all of IPv6, empty: nowhere.",
  },
  port: {
    type: "integer",
    min: 1,
    max: 65535,
    default: "6432",
    context: "postmaster",
    whose: "postgresql",
    description:
      "TCP port on all those addresses, and the number in the name of the Unix sockets. PostgreSQL's own default is 5432.",
  },
  unix_socket_directories: {
    type: "list",
    of: "directories",
    read: readDirectories,
    path: true,
    default: "/tmp",
    context: "postmaster",
    whose: "postgresql",
    description:
      "Directories in which a Unix socket is made; one that is missing is made, for its owner alone. Empty: no Unix sockets.",
    refuses:
      "A socket in the abstract namespace (@...) has no permissions and is not supported by this build.",
    check: (directories) =>
      directories.some((directory) => directory.startsWith("@"))
        ? {
            detail:
              "Sockets in the abstract namespace have no permissions and are not supported by this build.",
          }
        : null,
  },
  unix_socket_permissions: {
    type: "integer",
    min: 0,
    max: 0o777,
    default: "0777",
    context: "postmaster",
    whose: "postgresql",
    description:
      "Permission bits of the Unix sockets, as for chmod, in octal with a leading 0; only the write permission matters.",
  },
  unix_socket_group: {
    type: "string",
    default: "",
    context: "postmaster",
    whose: "postgresql",
    description:
      "Group that owns the Unix sockets, by name or number; empty: the group of the gateway's user.",
  },
  max_connections: {
    type: "integer",
    min: 1,
    max: 262_143,
    default: "100",
    context: "postmaster",
    whose: "postgresql",
    description:
      "The most client connections at a time; each has one connection to the upstream, whose own limit counts, too.",
  },
  superuser_reserved_connections: {
    type: "integer",
    min: 0,
    max: 262_143,
    default: "3",
    context: "postmaster",
    whose: "postgresql",
    description: "How many of max_connections are kept for superusers.",
  },
  reserved_connections: {
    type: "integer",
    min: 0,
    max: 262_143,
    default: "0",
    context: "postmaster",
    whose: "postgresql",
    description:
      "How many more of max_connections are kept for roles that have the privileges of pg_use_reserved_connections.",
  },
  authentication_timeout: {
    type: "integer",
    unit: "s",
    min: 1,
    max: 600,
    default: "1min",
    context: "sighup",
    whose: "postgresql",
    description:
      "The most time that a client may take for the whole way in: startup packet, authentication, and the opening of its session upstream.",
  },
  tcp_keepalives_idle: {
    type: "integer",
    unit: "s",
    min: 0,
    max: largestInteger,
    default: "0",
    context: "sighup",
    whose: "postgresql",
    description:
      "How long a TCP connection is silent before the system asks whether the client is still there; 0: as the system does.",
  },
  tcp_keepalives_interval: {
    type: "integer",
    unit: "s",
    min: 0,
    max: largestInteger,
    default: "0",
    context: "sighup",
    whose: "postgresql",
    description: "How long the system waits for an answer before it asks again; 0: as the system does.",
  },
  tcp_keepalives_count: {
    type: "integer",
    min: 0,
    max: largestInteger,
    default: "0",
    context: "sighup",
    whose: "postgresql",
    description:
      "How many questions may stay unanswered before the client is taken to be gone; 0: as the system does.",
  },
  tcp_user_timeout: {
    type: "integer",
    unit: "ms",
    min: 0,
    max: largestInteger,
    default: "0",
    context: "sighup",
    whose: "postgresql",
    description:
      "How long what was sent to a client may stay unacknowledged before the connection is closed; 0: as the system does.",
  },
  external_pid_file: {
    type: "string",
    default: "",
    only: { value: "", reason: "a second pid file is not supported by this build" },
    context: "postmaster",
    whose: "postgresql",
    description: "A second file for the process id, for the sake of administration tools; empty: none.",
  },
};
