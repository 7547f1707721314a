import { describe, expect, it } from "vitest";
import type { ConfigDisk } from "./disk.ts";
import { loadSettings } from "./load-settings.ts";
import type { LoadedSettings, RefusedSettings } from "./load-settings.ts";
import { showSetting } from "./show-setting.ts";

const missing = { openError: { code: "ENOENT", reason: "No such file or directory" } };

/** A disk with nothing but one `/gate/sallyport.conf`; null: without it. */
function diskOf(text: string | null, mode = 0o600): ConfigDisk {
  return {
    readFile: async (name) =>
      name === "/gate/sallyport.conf" && text !== null ? { bytes: text, mode } : missing,
    readDirectory: async () => missing,
  };
}

const least = "upstream = 'host=/run/postgresql'\nupstream_auth = service\n";

async function load(
  text: string,
  overrides: readonly (readonly [string, string])[] = [],
  mode = 0o600,
): Promise<LoadedSettings | RefusedSettings> {
  return await loadSettings({
    directory: "/gate",
    overrides,
    disk: diskOf(text, mode),
  });
}

async function good(
  text: string,
  overrides: readonly (readonly [string, string])[] = [],
): Promise<LoadedSettings> {
  const loaded = await load(text, overrides);
  if (!("settings" in loaded)) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  return loaded;
}

async function refused(text: string, overrides: readonly (readonly [string, string])[] = [], mode = 0o600) {
  const loaded = await load(text, overrides, mode);
  if (!("diagnostics" in loaded)) throw new Error("it was not refused");
  return loaded.diagnostics;
}

describe("a gate's settings", () => {
  it("are the defaults where the file says nothing", async () => {
    const { settings, sources } = await good(least);
    expect(settings).toMatchObject({
      listen_addresses: ["localhost"],
      port: 6432,
      unix_socket_directories: ["/tmp"],
      hba_file: "/gate/pg_hba.conf",
      ident_file: "/gate/pg_ident.conf",
      data_directory: "/gate",
      authentication_timeout: 60,
      shutdown_timeout: 25,
      log_connections: [],
      ssl: false,
    });
    expect(sources.get("port")).toEqual({ from: "default", place: null, text: "6432" });
  });

  it("are the last of their name, whatever came before and in whatever case", async () => {
    const { settings, sources } = await good(`${least}port = bad\nPort = 1234 # x\n`);
    expect(settings.port).toBe(1234);
    expect(sources.get("port")).toEqual({
      from: "file",
      place: { fileName: "/gate/sallyport.conf", lineNumber: 4, column: 8, endColumn: 12 },
      text: "1234",
    });
  });

  it("are those of the command line where it gives any", async () => {
    const { settings, sources } = await good(`${least}port = 1`, [
      ["PORT", "2"],
      ["port", "3"],
    ]);
    expect(settings.port).toBe(3);
    expect(sources.get("port")?.from).toBe("command line");
  });

  it("take paths from the gate directory", async () => {
    const files = "hba_file = '../hba'\nident_file = '/etc/ident'\nunix_socket_directories = 'run, /tmp'";
    expect((await good(least + files)).settings).toMatchObject({
      hba_file: "/hba",
      ident_file: "/etc/ident",
      unix_socket_directories: ["/gate/run", "/tmp"],
    });
  });

  it("keep a note of what was passed over", async () => {
    const { notes } = await good(`${least}include_if_exists 'x'`);
    expect(notes).toMatchObject([
      { severity: "log", message: 'skipping missing configuration file "/gate/x"', place: { lineNumber: 3 } },
    ]);
  });
});

describe("a refusal", () => {
  it("names every problem, with place, caret and hint", async () => {
    const found = await refused(`${least}prot = 1\nport = 0\nport_x =\nlog_min_messages = loud`);
    expect(found.map(({ message }) => message)).toEqual([
      'syntax error in file "/gate/sallyport.conf" line 5, near end of line',
      'unrecognized configuration parameter "prot"',
      '0 is outside the valid range for parameter "port" (1 .. 65535)',
      'invalid value for parameter "log_min_messages": "loud"',
    ]);
    expect(found[1]).toMatchObject({
      hint: 'Perhaps you meant "port".',
      place: { lineNumber: 3, column: 1, endColumn: 5 },
      excerpt: ["prot = 1", "^^^^"],
    });
  });

  it("comes if there is no file", async () => {
    const found = await loadSettings({ directory: "/gate", overrides: [], disk: diskOf(null) });
    expect("diagnostics" in found && found.diagnostics).toMatchObject([
      { message: 'could not open configuration file "/gate/sallyport.conf": No such file or directory' },
    ]);
  });

  it("comes if a required setting is missing", async () => {
    expect(await refused("")).toMatchObject([{ message: 'parameter "upstream" must be set' }]);
  });

  it.each([
    ["auth_source = query", 'parameter "auth_query" must be set: "auth_source" is query'],
    ["auth_source = file", 'parameter "auth_file" must be set: "auth_source" is file'],
    [
      "auth_source = upstream\nupstream_auth = service",
      '"auth_source" is upstream, and "upstream_auth" is not passthrough',
    ],
    [
      "auth_source = upstream\nupstream_auth = passthrough\nupstream = embedded",
      '"auth_source" is upstream, and "upstream" is embedded',
    ],
  ])("comes if a source of secrets is half set: %j", async (text, message) => {
    expect(await refused(`${least}${text}`)).toMatchObject([{ message }]);
  });

  it.each([
    ["auth_cache_time = 1", "Caching secrets is not supported by this build."],
    ["log_destination = csvlog", 'Log destination "csvlog" is not supported by this build.'],
    ["log_destination = 'stderr,SysLog'", 'Log destination "syslog" is not supported by this build.'],
    ["server_version = upstream", "Asking the upstream for its version is not supported by this build."],
    ["log_line_prefix = '%i'", 'Escape "%i" is not supported by this build.'],
    [
      "unix_socket_directories = '@x'",
      "Sockets in the abstract namespace have no permissions and are not supported by this build.",
    ],
  ])("comes for what this build cannot do: %s", async (line, detail) => {
    const found = await refused(least + line);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ detail, place: { lineNumber: 3 } });
  });

  it("comes for sessions that are to be opened later, if none is used again", async () => {
    expect(await refused(`${least}pool_mode = off\nlazy_upstream = on\n`)).toMatchObject([
      { message: '"lazy_upstream" is on, and "pool_mode" is off' },
    ]);
  });

  it("comes for reserved slots that leave none, in the words of a server", async () => {
    const lines = "max_connections = 5\nsuperuser_reserved_connections = 3\nreserved_connections = 2\n";
    expect(await refused(least + lines)).toMatchObject([
      {
        message:
          '"superuser_reserved_connections" (3) plus "reserved_connections" (2) must be less than "max_connections" (5)',
      },
    ]);
  });

  it.each([
    "ssl = of",
    "pool_size = 0x0",
    "log_destination = '\"stderr\"'",
    "ssl_prefer_server_ciphers = yes",
  ])("does not come for the inactive value in other words: %s", async (line) =>
    expect(await good(least + line)).toHaveProperty("settings"),
  );

  it.each(["9.6", "20", "17.x"])(
    "comes for a server version that nothing is known of: %s",
    async (version) => {
      expect((await refused(`${least}server_version = '${version}'`))[0]?.detail).toMatch(/server version "/);
    },
  );

  it.each(["10", "160009", "18.4", "19rc1"])("does not come for server version %s", async (version) => {
    const { settings } = await good(`${least}server_version = '${version}'`);
    expect(settings.server_version).toBe(version);
  });

  it("comes for the command line, too", async () => {
    expect(await refused(least, [["prot", "1"]])).toMatchObject([
      { message: 'unrecognized configuration parameter "prot"', place: null },
    ]);
  });
});

describe("a file that holds a password", () => {
  const text = "upstream = 'host=h password=hunter2'\nupstream_auth = service";

  it("must be closed to group and others", async () => {
    const found = await refused(text, [], 0o640);
    expect(found).toMatchObject([
      { message: 'configuration file "/gate/sallyport.conf" holds a password and has group or world access' },
    ]);
    expect(JSON.stringify(found)).not.toContain("hunter2");
    expect(await load(text, [], 0o600)).toHaveProperty("settings");
    expect(await load(least, [], 0o644)).toHaveProperty("settings");
  });

  it("must be so even if a later setting wins", async () => {
    expect(await refused(`${text}\nupstream = embedded`, [], 0o604)).toHaveLength(1);
  });
});

describe("showSetting", () => {
  it.each([
    ["port", "6432"],
    ["authentication_timeout", "90"],
    ["unix_socket_permissions", "448"],
    ["log_disconnections", "on"],
    ["log_connections", "receipt, Authorization"],
    ["hba_file", "/gate/pg_hba.conf"],
    ["upstream", "host=h password=***"],
  ] as const)("prints %s as %s", async (name, shown) => {
    const text = `upstream = 'host=h password=x'\nupstream_auth = service\nauthentication_timeout = '1.5min'
unix_socket_permissions = 0700\nlog_disconnections = yes\nlog_connections = 'receipt, Authorization'`;
    expect(showSetting(await good(text), name)).toBe(shown);
  });
});
