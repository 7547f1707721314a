import { describe, expect, it } from "vitest";
import {
  connectionAuthenticated,
  connectionAuthenticatedWithoutIdentity,
  connectionAuthorized,
  connectionReady,
  connectionReceived,
  disconnection,
  listeningOnAddress,
  listeningOnSocket,
} from "./messages.ts";

const local = { host: "[local]", port: null };
const tcp = { host: "10.0.0.7", port: "50001" };
const line = { file: "/gate/pg_hba.conf", number: 12 };

/** The lines of PostgreSQL 18.4 with log_connections = all; the upstream behind them is ours. */
describe("the words of the log", () => {
  it.each([
    [connectionReceived(local), "connection received: host=[local]"],
    [connectionReceived(tcp), "connection received: host=10.0.0.7 port=50001"],
    [
      connectionAuthenticated("app", "scram-sha-256", line),
      'connection authenticated: identity="app" method=scram-sha-256 (/gate/pg_hba.conf:12)',
    ],
    [
      connectionAuthenticatedWithoutIdentity("app", "trust", line),
      'connection authenticated: user="app" method=trust (/gate/pg_hba.conf:12)',
    ],
    [
      connectionAuthorized({ user: "app", database: "shop", applicationName: "psql" }),
      "connection authorized: user=app database=shop application_name=psql",
    ],
    [
      connectionAuthorized({ user: "app", database: "shop", applicationName: "" }),
      "connection authorized: user=app database=shop application_name=",
    ],
    [
      connectionAuthorized({ user: "r", database: null, applicationName: "my app" }),
      "replication connection authorized: user=r application_name=my app",
    ],
    [
      connectionAuthorized({ user: "r", database: "shop", replication: true }),
      "replication connection authorized: user=r",
    ],
    [
      connectionAuthorized({
        user: "app",
        database: "shop",
        applicationName: "psql",
        upstream: { name: "127.0.0.1:5432", pid: 4711 },
      }),
      "connection authorized: user=app database=shop application_name=psql upstream=127.0.0.1:5432 pid=4711",
    ],
    [
      connectionAuthorized({ user: "app", database: "shop", upstream: { name: "[::1]:5432", pid: null } }),
      "connection authorized: user=app database=shop upstream=[::1]:5432",
    ],
    [
      connectionAuthorized({
        user: "r",
        database: null,
        upstream: { name: "/run/postgresql/.s.PGSQL.5432", pid: 1 },
      }),
      "replication connection authorized: user=r upstream=/run/postgresql/.s.PGSQL.5432 pid=1",
    ],
    [
      connectionAuthorized({
        user: "app",
        database: "shop",
        gss: { encrypted: false, principal: "app@EXAMPLE.COM" },
      }),
      "connection authorized: user=app database=shop GSS (authenticated=yes, encrypted=no, delegated_credentials=no, principal=app@EXAMPLE.COM)",
    ],
    [
      connectionAuthorized({ user: "app", database: "shop", gss: { encrypted: true, principal: null } }),
      "connection authorized: user=app database=shop GSS (authenticated=no, encrypted=yes, delegated_credentials=no)",
    ],
    [
      connectionReady({ total: 4.898, fork: 0.4521, authentication: 0.277 }),
      "connection ready: setup total=4.898 ms, fork=0.452 ms, authentication=0.277 ms",
    ],
    [
      disconnection({ milliseconds: 5.9, user: "r", database: "", ...local }),
      "disconnection: session time: 0:00:00.005 user=r database= host=[local]",
    ],
    [
      disconnection({ milliseconds: 90_061_250, user: "app", database: "shop", ...tcp }),
      "disconnection: session time: 25:01:01.250 user=app database=shop host=10.0.0.7 port=50001",
    ],
    [listeningOnAddress("IPv4", "127.0.0.1", 6432), 'listening on IPv4 address "127.0.0.1", port 6432'],
    [listeningOnSocket("/tmp/.s.PGSQL.6432"), 'listening on Unix socket "/tmp/.s.PGSQL.6432"'],
  ])("%s", (worded, expected) => expect(worded).toBe(expected));
});
