import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { conninfoEnvironment, resolveConninfo } from "./options.ts";
import type { ConnectionOptions } from "./options.ts";
import { parseConninfo } from "./parse.ts";
import { checkSupported } from "./supported.ts";

function resolve(conninfo: string, environment: Record<string, string> = {}): ConnectionOptions {
  return resolveConninfo(parseConninfo(conninfo), {
    environment: conninfoEnvironment(environment),
    osUser: "me",
    homeDirectory: "/home/me",
    socketDirectory: "/tmp",
  });
}

test("an empty string is the local server, as oneself", () => {
  expect(resolve("")).toMatchObject({
    hosts: [{ host: "/tmp", port: 5432, password: null }],
    user: "me",
    database: "me",
    parameters: [],
    connectTimeout: null,
    passfile: "/home/me/.pgpass",
  });
});

test("the string goes before the environment, and that before the defaults", () => {
  const environment = {
    PGHOST: "e",
    PGUSER: "eu",
    PGPORT: "7",
    PGDATABASE: "ed",
    PGTZ: "UTC",
    PGPASSFILE: "/p",
  };
  expect(resolve("host=h", environment)).toMatchObject({
    hosts: [{ host: "h", port: 7 }],
    user: "eu",
    database: "ed",
    parameters: [["timezone", "UTC"]],
    passfile: "/p",
  });
  // Given but empty is given: the environment is not asked, the default is.
  expect(resolve("user='' dbname=''", environment)).toMatchObject({ user: "me", database: "me" });
});

test("environment variables become byte strings", () => {
  expect(resolve("", { PGUSER: "é", OTHER: "x" }).user).toBe("\u00C3\u00A9");
});

test("hosts, addresses and ports are matched up", () => {
  expect(resolve("host=a,,c port=1,,3").hosts).toMatchObject([
    { host: "a", port: 1 },
    { host: "/tmp", port: 5432 },
    { host: "c", port: 3 },
  ]);
  expect(resolve("host=a hostaddr=::1").hosts).toMatchObject([{ host: "a", address: "::1" }]);
  expect(resolve("hostaddr=127.0.0.1,::1 port=' 9 '").hosts).toMatchObject([
    { host: "127.0.0.1", address: "127.0.0.1", port: 9 },
    { host: "::1", address: "::1", port: 9 },
  ]);
});

test("startup parameters come in libpq's order", () => {
  const text = "client_encoding=UTF8 fallback_application_name=f options='-c a=b' replication=database";
  expect(resolve(text).parameters).toEqual([
    ["replication", "database"],
    ["options", "-c a=b"],
    ["application_name", "f"],
    ["client_encoding", "UTF8"],
  ]);
  expect(resolve(`${text} application_name=n`).parameters).toContainEqual(["application_name", "n"]);
});

test("connect_timeout is in seconds; zero and less mean for ever", () => {
  expect(resolve("connect_timeout=3").connectTimeout).toBe(3000);
  expect(resolve("connect_timeout=0").connectTimeout).toBeNull();
  expect(resolve("connect_timeout=-1").connectTimeout).toBeNull();
});

test("secrets are in no picture of the options", () => {
  const options = resolve("password=hunter2 sslpassword=hunter2 oauth_client_secret=hunter2");
  expect(inspect(options, { depth: 9 }) + JSON.stringify(options)).not.toContain("hunter2");
  expect(options.hosts[0]?.password?.reveal()).toBe("hunter2");
});

describe("what is refused, in libpq's words", () => {
  test.each([
    ["port=x", 'invalid integer value "x" for connection option "port"'],
    ["port=0", 'invalid port number: "0"'],
    ["port=65536", 'invalid port number: "65536"'],
    ["host=a,b port=1,2,3", "could not match 3 port numbers to 2 hosts"],
    ["host=a port=1,2", "could not match 2 port numbers to 1 hosts"],
    ["host=a,b hostaddr=1.1.1.1", "could not match 2 host names to 1 hostaddr values"],
    ["hostaddr=foo", 'could not parse network address "foo": Name or service not known'],
    ["connect_timeout=x", 'invalid integer value "x" for connection option "connect_timeout"'],
    [
      "connect_timeout=99999999999",
      'invalid integer value "99999999999" for connection option "connect_timeout"',
    ],
  ])("%j: %s", (text, message) => {
    expect(() => resolve(text)).toThrow(expect.objectContaining({ code: "invalid_conninfo", message }));
  });

  test.each([
    "sslmode",
    "sslnegotiation",
    "sslcertmode",
    "gssencmode",
    "channel_binding",
    "target_session_attrs",
    "load_balance_hosts",
  ])("an unknown %s", (keyword) => {
    const { settings = new Map() } = resolve(`${keyword}=x`);
    const message = `invalid ${keyword} value: "x"`;
    expect(() => checkSupported(settings)).toThrow(
      expect.objectContaining({ code: "invalid_conninfo", message }),
    );
  });
});

describe("what this build cannot do is refused, not ignored", () => {
  test.each(["service=x", "scram_client_key=x", "scram_server_key=x"])("%s", (text) => {
    expect(() => resolve(text)).toThrow(expect.objectContaining({ code: "not_supported" }));
  });

  test.each([
    ["gssencmode=require", {}],
    ["min_protocol_version=3.2", {}],
    ["requirepeer=postgres", {}],
    ["sslkeylogfile=/k", {}],
    ["tcp_user_timeout=5", {}],
    ["keepalives_count=5", {}],
    ["client_encoding=auto", {}],
  ])("%s %j", (text, environment) => {
    const { settings = new Map() } = resolve(text, environment);
    expect(() => checkSupported(settings)).toThrow(expect.objectContaining({ code: "not_supported" }));
  });

  test.each([
    "",
    "sslmode=prefer",
    "sslmode=allow",
    "sslmode=disable",
    "gssencmode=prefer",
    "max_protocol_version=latest",
    "target_session_attrs=read-write",
    "target_session_attrs=prefer-standby",
    "load_balance_hosts=random",
  ])("%j can be done", (text) => {
    const { settings = new Map() } = resolve(text);
    expect(() => checkSupported(settings)).not.toThrow();
  });
});
