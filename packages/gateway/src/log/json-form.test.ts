import { describe, expect, it } from "vitest";
import type { LogEntry } from "./entry.ts";
import { jsonForm } from "./json-form.ts";

const start = new Date("2026-11-22T15:42:30.994Z");
const process = { pid: 22477, startTime: new Date("2026-11-22T15:35:56.768Z") };
const least: LogEntry = {
  time: start,
  severity: "LOG",
  sqlstate: "00000",
  message: "x",
  fields: {},
  process,
  session: null,
};
const client = { pid: 26465, startTime: start, remoteHost: "10.0.0.7", remotePort: "50001" };
const app = { user: "app", database: "shop", backendType: "client backend" } as const;

function shown(entry: Partial<LogEntry>): string {
  return jsonForm({ ...least, ...entry }, 1);
}

/** Compared with a server: the lines of PostgreSQL 18.4, without its vxid. */
describe("a message as JSON", () => {
  it.each<[string, Partial<LogEntry>, string]>([
    [
      "about no connection",
      {},
      '{"timestamp":"2026-11-22 15:42:30.994 UTC","pid":22477,"session_id":"6b030bdc.57cd","line_num":1,' +
        '"session_start":"2026-11-22 15:35:56 UTC","txid":0,"error_severity":"LOG","message":"x",' +
        '"backend_type":"postmaster","query_id":0}\n',
    ],
    [
      "before the startup packet",
      { session: { ...client, remoteHost: "[local]", remotePort: null } },
      '{"timestamp":"2026-11-22 15:42:30.994 UTC","pid":26465,"remote_host":"[local]",' +
        '"session_id":"6b030d66.6761","line_num":1,"ps":"","session_start":"2026-11-22 15:42:30 UTC","txid":0,' +
        '"error_severity":"LOG","message":"x","backend_type":"not initialized","query_id":0}\n',
    ],
    [
      "with everything",
      {
        severity: "FATAL",
        sqlstate: "28P01",
        session: { ...client, ...app, ps: "idle", applicationName: "psql" },
        fields: { detail: "d", hint: "h", context: "c", sallyport: { rule: "f:1", identity: null } },
      },
      '{"timestamp":"2026-11-22 15:42:30.994 UTC","user":"app","dbname":"shop","pid":26465,' +
        '"remote_host":"10.0.0.7","remote_port":50001,"session_id":"6b030d66.6761","line_num":1,"ps":"idle",' +
        '"session_start":"2026-11-22 15:42:30 UTC","txid":0,"error_severity":"FATAL","state_code":"28P01",' +
        '"message":"x","detail":"d","hint":"h","context":"c","application_name":"psql",' +
        '"backend_type":"client backend","query_id":0,"sallyport":{"rule":"f:1","identity":null}}\n',
    ],
  ])("%s", (_, entry, expected) => expect(shown(entry)).toBe(expected));

  it("has no application name if the client has given an empty one", () =>
    expect(shown({ session: { ...client, ...app, applicationName: "" } })).not.toContain("application_name"));
});

describe("a text", () => {
  const text = (message: string): unknown => {
    const line = Buffer.from(shown({ message }), "latin1");
    const { message: read } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line)) as LogEntry;
    return read;
  };

  it("stays on one line, whatever is in it", () => {
    const message = 'role "a\nLOG:  b\r\u0000\u001f\u007f\\" \u0085';
    expect(shown({ message }).indexOf("\n")).toBe(shown({ message }).length - 1);
  });

  it.each([
    ["\u00c3\u00a9", "\u00e9"],
    ["\u00e2\u0080\u00a8", "\u2028"],
    ["\u00f0\u009f\u009a\u00aa", "\u{1f6aa}"],
    ["\u00f4\u008f\u00bf\u00bf", "\u{10ffff}"],
  ])("of UTF-8 %j is that character", (bytes, character) => expect(text(bytes)).toBe(character));

  it.each([
    ["a byte alone", "\u00ff\u0080", String.raw`\xff\x80`],
    ["a cut character", "\u00e2\u0080", String.raw`\xe2\x80`],
    ["one too long", "\u00c0\u00af\u00e0\u009f\u00bf", String.raw`\xc0\xaf\xe0\x9f\xbf`],
    ["half a surrogate pair", "\u00ed\u00a0\u0080", String.raw`\xed\xa0\x80`],
    ["one beyond the last", "\u00f4\u0090\u0080\u0080", String.raw`\xf4\x90\x80\x80`],
    ["one after which a good one comes", "\u00e2\u00c3\u00a9", "\\xe2\u00e9"],
  ])("that is no UTF-8 is shown byte by byte: %s", (_, bytes, expected) =>
    expect(text(bytes)).toBe(expected),
  );

  it("of ours is treated the same", () =>
    expect(shown({ fields: { sallyport: { identity: "a\u00ff" } } })).toContain(
      String.raw`"identity":"a\\xff"`,
    ));
});
