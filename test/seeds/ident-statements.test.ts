import { describe, expect, test } from "vitest";
import { hbaRows, identRows, load, membersOf, read, verdict } from "./support.ts";

/** May this OS user be that role, by a peer line with the map `m`? */
async function may(ident: string, systemUser: string, user: string): Promise<boolean> {
  const policy = await load({ "pg_hba.conf": "local all all peer map=m", "pg_ident.conf": ident });
  const roles = membersOf({ ann: ["clerks"], carl: ["juniors"], juniors: ["clerks"], clerks: [], ROOT: [] });
  return verdict(policy, { user, systemUser }, roles) === "peer by line 1";
}

describe("which map", () => {
  test("the option map names it, line by line", async () => {
    const policy = await load({
      "pg_hba.conf": "local a all peer map=one\nlocal b all peer map=two\nhost c all all ident map=two",
      "pg_ident.conf": "one os ann\ntwo os bob",
    });
    const os = { systemUser: "os" };
    expect(verdict(policy, { ...os, user: "ann", database: "a" })).toBe("peer by line 1");
    expect(verdict(policy, { ...os, user: "ann", database: "b" })).toBe("refused by line 2");
    expect(verdict(policy, { ...os, user: "bob", database: "b" })).toBe("peer by line 2");
    expect(verdict(policy, { ...os, user: "bob", database: "c", address: "10.0.0.1" })).toBe(
      "ident by line 3",
    );
  });

  test("every method whose identity is another system's takes the option map, and no other does", async () => {
    const lines = ["ident", "peer", "gss", "cert"].map((method) =>
      method === "peer" ? "local all all peer map=m" : `hostssl all all all ${method} map=m`,
    );
    expect((await read({ "pg_hba.conf": lines.join("\n") })).problems).toEqual([]);
    const others = ["trust", "reject", "password", "md5", "scram-sha-256", "pam", "ldap", "radius"];
    for (const row of await hbaRows(others.map((method) => `host all all all ${method} map=m`).join("\n"))) {
      expect(row).toBe(
        'error: authentication option "map" is only valid for authentication methods ident, peer, gssapi, sspi, cert, and oauth',
      );
    }
  });

  test("its name is any word, compared with its case", async () => {
    const policy = await load({
      "pg_hba.conf": 'local all all peer map="my map!"',
      "pg_ident.conf": '"my map!" os ann\n"My Map!" os bob',
    });
    expect(verdict(policy, { user: "ann", systemUser: "os" })).toBe("peer by line 1");
    expect(verdict(policy, { user: "bob", systemUser: "os" })).toBe("refused by line 1");
  });
});

describe("the lines of a map file", () => {
  test("have three fields; fewer are an error, and what follows them is not looked at", async () => {
    expect(await identRows({ "pg_ident.conf": "m os ann\nm os\nm\nm os bob and more" })).toEqual([
      "m os ann",
      "error: missing entry at end of line",
      "error: missing entry at end of line",
      "m os bob",
    ]);
  });

  test("have comments, blanks, quotes and continuation as pg_hba.conf has them", async () => {
    const text = '# m no one\n\n  m\tos   ann # the first\nm "o s" \\\n  bob\n';
    expect(await identRows({ "pg_ident.conf": text })).toEqual(["m os ann", "m o s bob"]);
  });

  test("can be include directives, with the rules of pg_hba.conf", async () => {
    const rows = await identRows({
      "pg_ident.conf": "include one\ninclude_if_exists none\ninclude_dir dir\ninclude none",
      one: "m os one",
      "dir/b.conf": "m os b",
      "dir/a.conf": "m os a",
      "dir/skipped": "m os skipped",
    });
    expect(rows.slice(0, 3)).toEqual(["m os one", "m os a", "m os b"]);
    expect(rows.slice(3)).toEqual([
      expect.stringMatching(/^error: could not open file ".*\/none": No such file or directory$/),
    ]);
  });

  test("with a mistake have a row that says so", async () => {
    expect(await identRows({ "pg_ident.conf": "m os,so ann" })).toEqual([
      "error: multiple values in ident field",
    ]);
  });
});

describe("what a map grants", () => {
  test("one OS user any number of roles, and one role to any number of OS users", async () => {
    const ident = "m os ann\nm os bob\nm so bob\n";
    expect(await may(ident, "os", "ann")).toBe(true);
    expect(await may(ident, "os", "bob")).toBe(true);
    expect(await may(ident, "so", "bob")).toBe(true);
    expect(await may(ident, "so", "ann")).toBe(false);
  });

  test("one direction only: it makes nobody equal", async () => {
    expect(await may("m ann bob\n", "ann", "bob")).toBe(true);
    expect(await may("m ann bob\n", "bob", "ann")).toBe(false);
    expect(await may("m ann bob\n", "ann", "ann")).toBe(false);
  });

  test("all stands for every role, existing or not", async () => {
    for (const user of ["ann", "ROOT", "does not exist"])
      expect(await may("m os all", "os", user)).toBe(true);
    expect(await may("m os all", "so", "ann")).toBe(false);
  });

  test("quoted all is a role of that name", async () => {
    expect(await may('m os "all"', "os", "ann")).toBe(false);
    expect(await may('m os "all"', "os", "all")).toBe(true);
  });

  test("a plus sign stands for all direct and indirect members of a role, and for itself", async () => {
    expect(await may("m os +clerks", "os", "ann")).toBe(true);
    expect(await may("m os +clerks", "os", "carl")).toBe(true);
    expect(await may("m os +clerks", "os", "clerks")).toBe(true);
    expect(await may("m os +clerks", "os", "ROOT")).toBe(false);
  });

  test("without the plus sign only that role is meant", async () => {
    expect(await may("m os clerks", "os", "ann")).toBe(false);
    expect(await may("m os clerks", "os", "clerks")).toBe(true);
  });

  test("quoted, a plus sign is part of the name", async () => {
    expect(await may('m os "+clerks"', "os", "ann")).toBe(false);
    expect(await may('m os "+clerks"', "os", "+clerks")).toBe(true);
  });

  test("in the system user's column all and the plus sign are names", async () => {
    expect(await may("m all ann", "os", "ann")).toBe(false);
    expect(await may("m +clerks ann", "ann", "ann")).toBe(false);
  });
});

describe("regular expressions in a map", () => {
  const mymap = String.raw`
m /^(.*)@mydomain\.com$ \1
m /^(.*)@otherdomain\.com$ guest`;

  test("a slash makes the system user one, so that one line serves many names", async () => {
    expect(await may("m /^os[0-9]+$ ann", "os1", "ann")).toBe(true);
    expect(await may("m /^os[0-9]+$ ann", "os22", "ann")).toBe(true);
    expect(await may("m /^os[0-9]+$ ann", "os", "ann")).toBe(false);
  });

  test("their syntax is PostgreSQL's own", async () => {
    expect(await may(String.raw`m /\mos\M ann`, "the os", "ann")).toBe(true);
    expect(await may("m /(?i)^OS$ ann", "os", "ann")).toBe(true);
    expect(await may("m /***=o.s ann", "o.s", "ann")).toBe(true);
    expect(await identRows({ "pg_ident.conf": String.raw`m /\bos\q ann` })).toEqual([
      String.raw`error: invalid regular expression "\bos\q": invalid escape \ sequence`,
    ]);
  });

  test("what the first group matched stands for \\1 in the database user, once", async () => {
    expect(await may(String.raw`m /^(a)(.*)$ \1nn`, "abc", "ann")).toBe(true);
    expect(await may(String.raw`m /^(a)(.*)$ \1nn`, "xbc", "ann")).toBe(false);
    expect(await may(String.raw`m /^(a)(.*)$ \1\2`, "abc", String.raw`a\2`)).toBe(true);
    expect(await may(String.raw`m /^(a)(.*)$ \1\1`, "abc", String.raw`a\1`)).toBe(true);
  });

  test("the example's first line cuts off a domain", async () => {
    expect(await may(mymap, "ann@mydomain.com", "ann")).toBe(true);
    expect(await may(mymap, "ann@mydomain.com", "bob")).toBe(false);
    expect(await may(mymap, "ann@mydomain-com", "ann")).toBe(false);
  });

  test("its second line makes another domain guest", async () => {
    expect(await may(mymap, "bob@otherdomain.com", "guest")).toBe(true);
    expect(await may(mymap, "bob@otherdomain.com", "bob")).toBe(false);
  });

  test("quotes do not take the meaning from \\1, and what stands for it has none but itself", async () => {
    expect(await may(String.raw`m /^(.*)$ "\1"`, "ann", "ann")).toBe(true);
    expect(await may(String.raw`m /^(.*)$ "+\1"`, "clerks", "+clerks")).toBe(true);
    expect(await may(String.raw`m /^(.*)$ \1`, "+clerks", "ann")).toBe(false);
    expect(await may(String.raw`m /^(.*)$ \1`, "all", "ann")).toBe(false);
  });

  test("a slash makes the database user one, in which \\1 has no such meaning", async () => {
    expect(await may("m os /^a", "os", "ann")).toBe(true);
    expect(await may("m os /^a", "os", "bob")).toBe(false);
    expect(await may(String.raw`m /^(.*)$ /^a(.)\1$`, "os", "ann")).toBe(true);
    expect(await may(String.raw`m /^(.*)$ +\1`, "clerks", "ann")).toBe(false);
  });

  test("they may match a part of the name, unless ^ and $ make it the whole", async () => {
    expect(await may("m /em ann", "member", "ann")).toBe(true);
    expect(await may("m /^em ann", "member", "ann")).toBe(false);
    expect(await may("m /em$ ann", "member", "ann")).toBe(false);
    expect(await may("m /^em$ ann", "em", "ann")).toBe(true);
  });

  test("\\1 without a group that matched ends the search", async () => {
    const ident = String.raw`
m /^os(x)?$ \1
m os ann`;
    expect(await may(ident, "os", "ann")).toBe(false);
    expect(await may("m os ann", "os", "ann")).toBe(true);
  });

  test.each([
    ["the system user", "m /^(a ann", "^(a", "parentheses () not balanced"],
    ["the database user", "m os /a**", "a**", "quantifier operand invalid"],
    ["both, of which the first is told", "m /[a /a**", "[a", "brackets [] not balanced"],
  ])("a mistake in one is a mistake of the file: %s", async (_, line, regex, error) => {
    expect(await identRows({ "pg_ident.conf": line })).toEqual([
      `error: invalid regular expression "${regex}": ${error}`,
    ]);
  });

  test("the number of columns and of values is looked at before what they say", async () => {
    expect(await identRows({ "pg_ident.conf": "m /[a\nm /[a b,c\nm /a,b os" })).toEqual([
      "error: missing entry at end of line",
      "error: multiple values in ident field",
      "error: multiple values in ident field",
    ]);
  });

  test("such a file is no map at all, so that nobody gets in by half of it", async () => {
    const reading = await read({
      "pg_hba.conf": "local all all peer map=m",
      "pg_ident.conf": "m ann ann\nm /^(b bob\n",
    });
    expect(reading.problems).toMatchObject([{ severity: "error", sqlstate: "2201B" }]);
    expect(reading.policy?.mappings).toEqual([]);
    if (!reading.policy) throw new Error("a broken map file does not keep the rules from loading");
    expect(verdict(reading.policy, { user: "ann", systemUser: "ann" })).toBe("refused by line 1");
  });
});
