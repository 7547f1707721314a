import { describe, expect, it } from "vitest";
import type { ConfigDisk } from "./disk.ts";
import { readConf } from "./read-conf.ts";

const missing = { openError: { code: "ENOENT", reason: "No such file or directory" } };
const closed = { openError: { code: "EACCES", reason: "Permission denied" } };

/** A disk for tests. A name in a directory that ends in `/` is a directory; `closed` files cannot be read. */
function diskOf(
  files: Readonly<Record<string, string>>,
  more: {
    readonly directories?: Readonly<Record<string, readonly string[]>>;
    readonly closed?: readonly string[];
  } = {},
): ConfigDisk {
  return {
    readFile: async (name) => {
      if (more.closed?.includes(name)) return closed;
      const bytes = files[name];
      return bytes === undefined ? missing : { bytes, mode: 0o600 };
    },
    readDirectory: async (name) => {
      const names = more.directories?.[name];
      if (!names) return missing;
      return {
        entries: names.map((entry) => ({
          name: entry.replace("/", ""),
          kind: entry.endsWith("/") ? "directory" : "file",
        })),
      };
    },
  };
}

async function read(files: Record<string, string>, directories: Record<string, string[]> = {}) {
  const { settings, problems } = await readConf("/g/main", diskOf(files, { directories }));
  return {
    settings: settings.map(({ name, value }) => `${name}=${value}`),
    messages: problems.map(({ severity, text }) => `${severity}: ${text}`),
  };
}

describe("include", () => {
  it("stands for the lines of the file, relative to the including one", async () => {
    const files = { "/g/main": "a 1\nInclude = 'd/x'\nc 3", "/g/d/x": "b 2\ninclude '../y'", "/g/y": "y 1" };
    expect(await read(files)).toEqual({ settings: ["a=1", "b=2", "y=1", "c=3"], messages: [] });
  });

  it("needs the file, and what follows is still read", async () => {
    const message = 'error: could not open configuration file "/g/x": No such file or directory';
    expect(await read({ "/g/main": "include 'x'\nb 2" })).toEqual({ settings: ["b=2"], messages: [message] });
  });

  it("refuses an empty name and the file itself", async () => {
    expect((await read({ "/g/main": "include ''\ninclude ' '\ninclude 'main'" })).messages).toEqual([
      'error: empty configuration file name: ""',
      'error: empty configuration file name: " "',
      'error: configuration file recursion in "/g/main"',
    ]);
  });

  it("goes ten levels deep", async () => {
    const files: Record<string, string> = { "/g/main": "include 't1'" };
    for (let level = 1; level < 12; level += 1) files[`/g/t${level}`] = `l ${level}\ninclude 't${level + 1}'`;
    const { settings, messages } = await read(files);
    expect(settings).toHaveLength(10);
    expect(messages).toEqual([
      'error: could not open configuration file "/g/t11": maximum nesting depth exceeded',
    ]);
  });

  it("is capped in number where files include each other many times", async () => {
    const files: Record<string, string> = { "/g/main": "include 't1'" };
    for (let level = 1; level < 12; level += 1)
      files[`/g/t${level}`] = `include 't${level + 1}'\n`.repeat(10);
    const { messages } = await read(files);
    expect(messages.filter((message) => message.includes("more than 1000 files"))).toHaveLength(1);
  });
});

describe("include_if_exists", () => {
  it("passes over a missing file with a line in the log, not over one that it may not read", async () => {
    const disk = diskOf(
      { "/g/main": "include_if_exists 'x'\ninclude_if_exists 'closed'" },
      { closed: ["/g/closed"] },
    );
    const { problems } = await readConf("/g/main", disk);
    expect(problems.map(({ severity, text }) => `${severity}: ${text}`)).toEqual([
      'log: skipping missing configuration file "/g/x"',
      'error: could not open configuration file "/g/closed": Permission denied',
    ]);
  });
});

describe("include_dir", () => {
  it("reads *.conf in byte order", async () => {
    const names = ["a.conf", "B.conf", ".h.conf", "x.txt", "c.conf/", ".conf"];
    const files = { "/g/main": "include_dir 'd'", "/g/d/a.conf": "n a", "/g/d/B.conf": "n b" };
    expect(await read(files, { "/g/d": names })).toEqual({ settings: ["n=b", "n=a"], messages: [] });
  });

  it("needs the directory", async () => {
    expect((await read({ "/g/main": "include_dir 'd'\ninclude_dir ''" })).messages).toEqual([
      'error: could not open configuration directory "/g/d": No such file or directory',
      'error: empty configuration directory name: ""',
    ]);
  });
});
