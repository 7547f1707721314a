import { describe, expect, it } from "vitest";
import { findSetting } from "./load-settings.ts";
import { parseValue } from "./parse-value.ts";
import { settingsTable } from "./settings-table.ts";

function parse(name: string, text: string): unknown {
  const found = findSetting(name);
  if (!found) throw new Error(`no setting ${name}`);
  const parsed = parseValue(found.name, found.setting, text);
  return "value" in parsed ? parsed.value : parsed;
}

const timeHint = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';

/** What `postgres -C NAME -c NAME=VALUE` of PostgreSQL 18.4 prints. */
describe("an integer", () => {
  it.each([
    ["port", "1.6", 2],
    ["port", "0x1F90", 8080],
    ["port", "010", 8],
    ["port", " 5432 ", 5432],
    ["port", "1e3", 1000],
    ["authentication_timeout", "1min", 60],
    ["authentication_timeout", "5 min", 300],
    ["authentication_timeout", "90500ms", 90],
    ["authentication_timeout", "91500ms", 92],
    ["authentication_timeout", "1.5min", 90],
    ["authentication_timeout", "30.2s", 30],
    ["tcp_user_timeout", "2s", 2000],
    ["unix_socket_permissions", "0700", 0o700],
  ])("%s = %s", (name, text, value) => expect(parse(name, text)).toBe(value));

  it.each(["x", "08", "5432s", "", "nan", "0x10.8", "--1", "1e"])("is not %j", (text) =>
    expect(parse("port", text)).toEqual({ message: `invalid value for parameter "port": "${text}"` }),
  );

  it.each([
    ["port", "0", '0 is outside the valid range for parameter "port" (1 .. 65535)'],
    ["port", "-1", '-1 is outside the valid range for parameter "port" (1 .. 65535)'],
    [
      "authentication_timeout",
      "1d",
      '86400 s is outside the valid range for parameter "authentication_timeout" (1 s .. 600 s)',
    ],
    [
      "unix_socket_permissions",
      "1777",
      '1777 is outside the valid range for parameter "unix_socket_permissions" (0 .. 511)',
    ],
  ])("%s = %s is out of range", (name, text, message) => expect(parse(name, text)).toEqual({ message }));

  it.each([
    ["port", "99999999999", "Value exceeds integer range."],
    ["authentication_timeout", "999999999999h", "Value exceeds integer range."],
    ["authentication_timeout", "5x", timeHint],
    ["authentication_timeout", "5minx", timeHint],
    ["authentication_timeout", "5 S", timeHint],
  ])("%s = %s gets a hint", (name, text, hint) =>
    expect(parse(name, text)).toEqual({
      message: `invalid value for parameter "${name}": "${text}"`,
      hint,
    }),
  );
});

describe("a Boolean", () => {
  it.each(["on", "ON", "t", "Tr", "true", "y", "yes", "1"])("%s is true", (text) =>
    expect(parse("log_disconnections", text)).toBe(true),
  );
  it.each(["off", "of", "f", "false", "n", "NO", "0"])("%s is false", (text) =>
    expect(parse("log_disconnections", text)).toBe(false),
  );
  it.each(["o", "onx", "maybe", "", " on", "2", "truth"])("%j is none", (text) =>
    expect(parse("log_disconnections", text)).toEqual({
      message: 'parameter "log_disconnections" requires a Boolean value',
    }),
  );
});

describe("an enum", () => {
  it.each([
    ["log_min_messages", "LOG", "log"],
    ["log_min_messages", "debug", "debug2"],
    ["password_encryption", "SCRAM-sha-256", "scram-sha-256"],
    ["ssl_min_protocol_version", "tlsv1.3", "TLSv1.3"],
  ])("%s = %s", (name, text, value) => expect(parse(name, text)).toBe(value));

  it("names its values in a hint", () =>
    expect(parse("password_encryption", "on")).toEqual({
      message: 'invalid value for parameter "password_encryption": "on"',
      hint: "Available values: md5, scram-sha-256.",
    }));
});

describe("a list", () => {
  const on = ["receipt", "authentication", "authorization"];
  it.each([
    ["listen_addresses", "localhost, 10.0.0.1", ["localhost", "10.0.0.1"]],
    ["listen_addresses", "", []],
    ["listen_addresses", '"a b"', ["a b"]],
    ["unix_socket_directories", '/run/a b , "/x,y"', ["/run/a b", "/x,y"]],
    ["log_destination", "STDERR", ["stderr"]],
    ["log_connections", "on", on],
    ["log_connections", "1", on],
    ["log_connections", "yes", on],
    ["log_connections", "no", []],
    ["log_connections", "", []],
    ["log_connections", "ALL", [...on, "setup_durations"]],
    ["log_connections", "all,receipt", [...on, "setup_durations"]],
    ["log_connections", 'receipt, Authorization,"receipt"', ["receipt", "authorization"]],
    ["proxy_protocol_from", "", []],
    ["proxy_protocol_from", '10.0.0.0/8, ::1,"fe80::/10"', ["10.0.0.0/8", "::1", "fe80::/10"]],
    ["proxy_protocol_from", "0.0.0.0/0,::/0,192.0.2.1/32", ["0.0.0.0/0", "::/0", "192.0.2.1/32"]],
  ])("%s = %s", (name, text, value) => expect(parse(name, text)).toEqual(value));

  it.each([
    ["listen_addresses", "a b", "List syntax is invalid."],
    ["listen_addresses", "a,,b", "List syntax is invalid."],
    ["unix_socket_directories", "/a,", "List syntax is invalid."],
    ["log_destination", "stderr,,", "List syntax is invalid."],
    ["log_destination", "foo", 'Unrecognized key word: "foo".'],
    ["log_connections", "receipt,", 'Invalid list syntax in parameter "log_connections".'],
    ["log_connections", "Receipt authentication", 'Invalid list syntax in parameter "log_connections".'],
    ["log_connections", "tr", 'Invalid option "tr".'],
    ["log_connections", "none,receipt", 'Invalid option "none".'],
    ["proxy_protocol_from", "10.0.0.0/8,", "List syntax is invalid."],
    ...[
      "*",
      "all",
      "localhost",
      "10.1",
      "010.0.0.1",
      "0x7f.0.0.1",
      "10.0.0.1/",
      "10.0.0.0/33",
      "10.0.0.0/08",
    ].map((text) => ["proxy_protocol_from", text, `"${text}" is not an IP address or network.`]),
    ...["::/129", "fe80::1%eth0", "[::1]", "10.0.0.0/255.0.0.0", "10.0.0.0/8/8", "1.2.3.4/-1"].map((text) => [
      "proxy_protocol_from",
      text,
      `"${text}" is not an IP address or network.`,
    ]),
    ["proxy_protocol_from", "::1, 10.0.0.1/8", '"10.0.0.1/8" has bits set to right of mask.'],
    ["proxy_protocol_from", "2001:db8::1/32", '"2001:db8::1/32" has bits set to right of mask.'],
    [
      "log_connections",
      "on,receipt",
      'Cannot specify log_connections option "on" in a list with other options.',
    ],
  ])("%s = %s is refused", (name, text, detail) =>
    expect(parse(name, text)).toEqual({
      message: `invalid value for parameter "${name}": "${text}"`,
      detail,
    }),
  );
});

describe("the table", () => {
  const own = [...settingsTable].flatMap(([name, setting]) =>
    [setting.default, setting.only?.value].flatMap((text) => (text == null ? [] : [{ name, setting, text }])),
  );
  it.each(own)("$name understands its own $text", ({ name, setting, text }) =>
    expect(parseValue(name, setting, text)).toHaveProperty("value"),
  );

  it("knows PostgreSQL's names only in lower case", () => {
    for (const name of settingsTable.keys()) expect(name).toMatch(/^[a-z0-9_]+$/);
  });
});
