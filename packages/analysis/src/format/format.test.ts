import { serverProfile } from "@sallyport/policy";
import { describe, expect, test } from "vitest";
import type { FileKind } from "./cells.ts";
import { formatFile } from "./format.ts";
import type { Formatting } from "./format.ts";

function run(kind: FileKind, bytes: string, version = "18"): Formatting {
  const profile = serverProfile({ version });
  if ("error" in profile) throw new Error(profile.error);
  const disk = { files: new Map(), directories: new Map(), zones: new Map(), hosts: new Map() };
  return formatFile({ kind, fileName: "/etc/file", bytes, profile, disk });
}

/** The formatted file; formatting it again changes nothing. */
function formatted(kind: FileKind, bytes: string, version?: string): string {
  const first = run(kind, bytes, version);
  if (first.difference) throw new Error(first.difference.what);
  expect(run(kind, first.bytes, version)).toMatchObject({ bytes: first.bytes });
  return first.bytes;
}

function leftAlone(kind: FileKind, bytes: string, version?: string): string[] {
  const { leftAlone } = { leftAlone: [], ...run(kind, bytes, version) };
  return leftAlone.map(({ lineNumber, reason }) => `${lineNumber}: ${reason}`);
}

/** Cuts the margin off a text. */
function lines(text: string): string {
  return text.replace(/^\n/, "").replace(/ *$/, "").replaceAll(/^ {6}/gm, "");
}

interface Case {
  readonly title: string;
  readonly before: string;
  readonly after: string;
}

describe("pg_hba.conf", () => {
  test.each<Case>([
    {
      title: "columns stand where those of the sample file stand, and a local line leaves the address empty",
      before: `
      local all all peer
      host all all 127.0.0.1/32 scram-sha-256
      host\treplication\tall ::1/128 scram-sha-256
      `,
      after: `
      local   all             all                                     peer
      host    all             all             127.0.0.1/32            scram-sha-256
      host    replication     all             ::1/128                 scram-sha-256
      `,
    },
    {
      title: "a column grows by multiples of 8, for the lines up to the next blank one",
      before: `
      host accounting_archive all 10.0.0.0/8 md5
      hostnogssenc all all 10.0.0.0/8 md5

      host all all 10.0.0.0/8 md5
      `,
      after: `
      host            accounting_archive      all             10.0.0.0/8              md5
      hostnogssenc    all                     all             10.0.0.0/8              md5

      host    all             all             10.0.0.0/8              md5
      `,
    },
    {
      title: "one monstrous column runs over, and moves no other line",
      before: `
      host a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u bob 10.0.0.0/8 md5
      host app bob 10.0.0.0/8 md5
      `,
      after: `
      host    a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u  bob  10.0.0.0/8  md5
      host    app             bob             10.0.0.0/8              md5
      `,
    },
    {
      title: "a mask belongs to its address, and stands below the other masks",
      before: `
      host all all 10.0.0.0 255.0.0.0 md5
      host all all 192.168.100.0 255.255.255.0 md5
      host all all 10.0.0.0/8 md5
      `,
      after: `
      host    all             all             10.0.0.0        255.0.0.0       md5
      host    all             all             192.168.100.0   255.255.255.0   md5
      host    all             all             10.0.0.0/8                      md5
      `,
    },
    {
      title: "options stand below each other, one blank apart, quotes as they are",
      before: `
      hostssl all all all cert  map=x   clientname=DN
      hostssl all all all ldap ldapserver=l   "ldapprefix=cn=a b"
      host all all all reject
      `,
      after: `
      hostssl all             all             all                     cert    map=x clientname=DN
      hostssl all             all             all                     ldap    ldapserver=l "ldapprefix=cn=a b"
      host    all             all             all                     reject
      `,
    },
    {
      title: "lists lose the blanks behind their commas, where the server reads the same list",
      before: `
      host a, b,  "c d" +x,y all md5
      `,
      after: `
      host    a,b,"c d"       +x,y            all                     md5
      `,
    },
    {
      title: "comments at the ends of lines stand below each other; one that goes on below goes along",
      before: `
      host all all 10.0.0.0/8 md5 # office
      host all all 192.168.1.17/32 scram-sha-256   # printer,
                                                   # in the hall
      `,
      after: `
      host    all             all             10.0.0.0/8              md5             # office
      host    all             all             192.168.1.17/32         scram-sha-256   # printer,
                                                                                      # in the hall
      `,
    },
    {
      title: "other comments begin the line; what they say is kept to the last blank within",
      before: `
         # Offices:   see   the plan
      # ends with blanks${"   "}
      host all all 10.0.0.0/8 md5
      `,
      after: `
      # Offices:   see   the plan
      # ends with blanks
      host    all             all             10.0.0.0/8              md5
      `,
    },
    {
      title: "comments and directives do not end a block",
      before: `
      host accounting_archive all 10.0.0.0/8 md5
      # office
      include   more.conf   # all of it
      host all all 10.0.0.0/8 md5
      `,
      after: `
      host    accounting_archive      all             10.0.0.0/8              md5
      # office
      include more.conf  # all of it
      host    all                     all             10.0.0.0/8              md5
      `,
    },
    {
      title: "a comment that names the columns goes with the block below it",
      before: `
      # TYPE DATABASE USER ADDRESS METHOD

      # "local" is for Unix domain sockets
      local accounting_archive all peer
      `,
      after: `
      # TYPE  DATABASE                USER            ADDRESS                 METHOD

      # "local" is for Unix domain sockets
      local   accounting_archive      all                                     peer
      `,
    },
    {
      title: "one that only begins so is a comment like any other",
      before: `
      # TYPE  DATABASE and USER are names
      host all all all md5
      `,
      after: `
      # TYPE  DATABASE and USER are names
      host    all             all             all                     md5
      `,
    },
    {
      title: "of a rule that goes on in the next line the columns are laid out, the rest is as it was",
      before: `
      host all all 10.0.0.0/8 ldap \\
          ldapserver=ldap.example.com   \\
          ldapprefix=cn=     # as ever
      host all all all reject
      `,
      after: `
      host    all             all             10.0.0.0/8              ldap \\
          ldapserver=ldap.example.com   \\
          ldapprefix=cn=     # as ever
      host    all             all             all                     reject
      `,
    },
    {
      title:
        "a rule that goes on before its method is as it was; so is a comment that swallows the next line",
      before: `
      host all   all \\
        10.0.0.0/8 md5
      #   off: \\
      host all   all 10.0.0.0/8 md5
      host all all all reject
      `,
      after: `
      host all   all \\
        10.0.0.0/8 md5
      #   off: \\
      host all   all 10.0.0.0/8 md5
      host    all             all             all                     reject
      `,
    },
    {
      title:
        "blanks behind a backslash stay where they end a comment: without them it would swallow the next line",
      before: `
      # off: \\${" "}
      host all all 10.0.0.0/8 md5 # on \\${"  "}
      host all all all reject
      `,
      after: `
      # off: \\${" "}
      host    all             all             10.0.0.0/8              md5     # on \\${"  "}
      host    all             all             all                     reject
      `,
    },
    {
      title: "blank lines stay, without their blanks: every line keeps its number",
      before: `
      host all all all md5
      ${""}
      ${"\t"}

      host all all all md5
      `,
      after: `
      host    all             all             all                     md5



      host    all             all             all                     md5
      `,
    },
    {
      title: "characters are counted, not bytes",
      before: `
      host \u00c3\u00bcbersee all 10.0.0.0/8 md5
      `,
      after: `
      host    \u00c3\u00bcbersee         all             10.0.0.0/8              md5
      `,
    },
  ])("$title", ({ before, after }) => {
    expect(formatted("hba", lines(before))).toBe(lines(after));
  });

  test("the sample file of PostgreSQL is as it should be", () => {
    const sample = `# TYPE  DATABASE        USER            ADDRESS                 METHOD

# "local" is for Unix domain socket connections only
local   all             all                                     trust
# IPv4 local connections:
host    all             all             127.0.0.1/32            trust
# IPv6 local connections:
host    all             all             ::1/128                 trust
# Allow replication connections from localhost, by a user with the
# replication privilege.
local   replication     all                                     trust
host    replication     all             127.0.0.1/32            trust
host    replication     all             ::1/128                 trust
`;
    expect(formatted("hba", sample)).toBe(sample);
  });
});

describe("pg_ident.conf", () => {
  test.each<Case>([
    {
      title: "three columns, where those of the sample file stand",
      before: String.raw`
      # MAPNAME SYSTEM-USERNAME PG-USERNAME
      m /^(.*)@example\.com$ \1 # everybody
      m "Bob Smith" bob
      `,
      after: String.raw`
      # MAPNAME       SYSTEM-USERNAME         PG-USERNAME
      m               /^(.*)@example\.com$    \1      # everybody
      m               "Bob Smith"             bob
      `,
    },
    {
      title: "what stands behind them is ignored by the server, and kept",
      before: `
      m bob  robert  since   2019
      `,
      after: `
      m               bob                     robert  since 2019
      `,
    },
  ])("$title", ({ before, after }) => {
    expect(formatted("ident", lines(before))).toBe(lines(after));
  });
});

describe("line ends", () => {
  test("are kept, whatever they are", () => {
    const row = "local   all             all                                     peer";
    expect(formatted("hba", "local all all peer\r\n\r\nlocal all all peer \r\r\n")).toBe(
      `${row}\r\n\r\n${row}\r\r\n`,
    );
  });

  test.each([
    ["a", "a\n"],
    ["# a\r\n# b", "# a\r\n# b\r\n"],
    ["# a\r\n# b\r", "# a\r\n# b\r\n"],
    ["# a\n  ", "# a\n"],
    ["# a\\", "# a\\"],
    ["", ""],
  ])(
    "%j: one is put behind the last line, so that what is appended is a line of its own",
    (before, after) => {
      expect(formatted("hba", before)).toBe(after);
    },
  );
});

describe("lines that are left alone, and said to be", () => {
  test.each<[why: string, line: string, reason: string]>([
    ["a word for another", "hsot  all all all md5", 'invalid connection type "hsot"'],
    ["no such method", "host  all all all scram", 'invalid authentication method "scram"'],
    ["a BOM", "\u00ef\u00bb\u00bflocal  all all peer", 'invalid connection type "\ufefflocal"'],
    ["no directive", "include  missing.conf extra", 'invalid connection type "include"'],
    ["a comma behind the last word", "local  all all peer,", "it has a comma between its columns"],
    ["a blank before a comma", "local  a ,b peer", "it has a comma between its columns"],
    [
      "a carriage return",
      "local  all\rall peer",
      "a carriage return within a line is a blank up to PostgreSQL 18, and not from 19 on",
    ],
    [
      "a backslash, and a blank",
      "local  all all peer map=x\\ ",
      "it ends with a backslash, and without the blanks behind it would go on in the next line",
    ],
    ["very long", `local  ${"x".repeat(8000)} all peer`, "it is longer than 8000 bytes"],
  ])("%s", (_why, line, reason) => {
    const text = `local  all all peer\n${line}\nlocal  all all peer\n`;
    const row = "local   all             all                                     peer";
    expect(leftAlone("hba", text)).toEqual([`2: ${reason}`]);
    expect(formatted("hba", text)).toBe(`${row}\n${line}\n${row}\n`);
  });

  test("blanks in a quote that is never closed are a part of the word", () => {
    expect(formatted("hba", 'include  "more.conf \n')).toBe('include "more.conf \n');
    expect(formatted("ident", 'map  all  "role \n')).toBe('map             all                     "role \n');
  });

  test("of a file with a NUL byte, all", () => {
    const text = "local  all all peer\nlocal  all all peer # \0\n";
    expect(formatted("hba", text)).toBe(text);
    expect(leftAlone("hba", text)).toEqual([
      "2: it has a NUL byte, which hides what follows it: the whole file is left as it is",
    ]);
  });

  test("as the version has it: include is a directive from 16 on", () => {
    expect(leftAlone("hba", "include  a\n", "15")).toEqual(['1: invalid connection type "include"']);
    expect(leftAlone("hba", "include  a\n", "16")).toEqual([]);
  });

  test("a secret in a line is not told", () => {
    const line = "host all all all ldap ldapserver=l ldapprefix=a ldapbindpasswdx=hunter2\n";
    expect(leftAlone("hba", line).join("")).not.toContain("hunter2");
  });
});
