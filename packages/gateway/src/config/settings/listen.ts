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
    read: readNames,
    default: "localhost",
    context: "postmaster",
    whose: "postgresql",
    description: "Host names and IP addresses to listen on; empty: no TCP.",
  },
  port: {
    type: "integer",
    min: 1,
    max: 65535,
    default: "6432",
    context: "postmaster",
    whose: "postgresql",
    description:
      "TCP port, and the number in the name of the Unix socket (PostgreSQL's own default is 5432).",
  },
  unix_socket_directories: {
    type: "list",
    read: readDirectories,
    path: true,
    default: "/tmp",
    context: "postmaster",
    whose: "postgresql",
    description: "Directories in which Unix sockets are made; empty: none.",
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
    description: "Permission bits of the Unix sockets; only write permission matters.",
  },
  unix_socket_group: {
    type: "string",
    default: "",
    context: "postmaster",
    whose: "postgresql",
    description: "Group that owns the Unix sockets, by name or number; empty: that of the gateway's user.",
  },
  max_connections: {
    type: "integer",
    min: 1,
    max: 262_143,
    default: "100",
    context: "postmaster",
    whose: "postgresql",
    description: "The most client connections at a time.",
  },
  superuser_reserved_connections: {
    type: "integer",
    min: 0,
    max: 262_143,
    default: "3",
    context: "postmaster",
    whose: "postgresql",
    description: "Connections kept for superusers.",
  },
  reserved_connections: {
    type: "integer",
    min: 0,
    max: 262_143,
    default: "0",
    context: "postmaster",
    whose: "postgresql",
    description: "Connections kept for roles with privileges of pg_use_reserved_connections.",
  },
  authentication_timeout: {
    type: "integer",
    unit: "s",
    min: 1,
    max: 600,
    default: "1min",
    context: "sighup",
    whose: "postgresql",
    description: "The most time for the whole way in, from the first byte to the end of authentication.",
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
      "Time without traffic after which TCP asks whether the client is still there; 0: the system's.",
  },
  tcp_keepalives_interval: {
    type: "integer",
    unit: "s",
    min: 0,
    max: largestInteger,
    default: "0",
    context: "sighup",
    whose: "postgresql",
    description: "Time between two such questions; 0: the system's.",
  },
  tcp_keepalives_count: {
    type: "integer",
    min: 0,
    max: largestInteger,
    default: "0",
    context: "sighup",
    whose: "postgresql",
    description: "Unanswered questions after which the client is taken to be gone; 0: the system's.",
  },
  tcp_user_timeout: {
    type: "integer",
    unit: "ms",
    min: 0,
    max: largestInteger,
    default: "0",
    context: "sighup",
    whose: "postgresql",
    description: "How long sent data may stay unacknowledged; 0: the system's.",
  },
  external_pid_file: {
    type: "string",
    default: "",
    only: { value: "", reason: "a second pid file is not supported by this build" },
    context: "postmaster",
    whose: "postgresql",
    description: "A further file that holds the process id.",
  },
};
