import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FileFindingId } from "@sallyport/analysis";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { sallyport } from "./cli.ts";

/** Files, and all that `check` says of them: `line:column message`. Where another finding is named, it comes with it. */
interface Case {
  readonly hba?: string;
  readonly ident?: string;
  readonly said: readonly string[];
}

const scram = "scram-sha-256";
const peer = "local all all peer map=m";

/** Two such lists make more parts than are looked at. */
function expressions(prefix: string): string {
  return Array.from({ length: 150 }, (_, at) => `/^${prefix}${at}$`).join(",");
}

const cases: Readonly<Record<Exclude<FileFindingId, `pg${string}`> | "include-unreadable", Case>> = {
  "regex-unanchored": {
    hba: `local db /adm ${scram}`,
    said: ["1:10 the expression matches any name with a part that fits"],
  },
  "regex-dot": {
    hba: peer,
    ident: "m /^.*@example.org$ bob",
    said: [String.raw`1:3 a full stop stands for any character: what is meant is probably \.`],
  },
  "quoted-keyword": {
    hba: `local "all" all ${scram}`,
    said: ['1:7 in quotes, "all" is the name of a database'],
  },
  "keyword-case": {
    hba: `local all ALL ${scram}`,
    said: ['1:11 "ALL" is the name of a role: keywords are lower case'],
  },
  "keyword-misplaced": {
    hba: `local all sameuser ${scram}`,
    said: ['1:11 "sameuser" is the name of a role here: sameuser is for the databases\' column'],
  },
  "name-never-matches": { hba: `local all "",x ${scram}`, said: ["1:11 an empty name matches nobody"] },
  "literal-before-16": { said: [] },
  "odd-character": { hba: `local all 'bob' ${scram}`, said: ["1:11 single quotes are part of the word"] },
  "address-spelling": {
    hba: `host all bob 010.1.2.3/32 ${scram}`,
    said: ['1:14 "010.1.2.3" is the address 8.1.2.3'],
  },
  "host-bits": {
    hba: `host all bob 10.1.2.3/8 ${scram}`,
    said: ["1:14 10.1.2.3/8 is all of 10.0.0.0/8: the bits behind the prefix do not count"],
  },
  "mask-gaps": {
    hba: `host all bob 10.1.2.3 24 ${scram}`,
    said: ["1:23 the mask 0.0.0.24 is no prefix: the addresses that match lie scattered over all there are"],
  },
  "ipv4-mapped": {
    hba: `host all bob ::ffff:10.0.0.0/104 ${scram}`,
    said: ["1:14 no client has an address of ::ffff:10.0.0.0/104: over IPv4 it has an IPv4 address"],
  },
  "address-is-name": {
    hba: `host all bob 300.1.1.1 ${scram}`,
    said: ['1:14 "300.1.1.1" is read as a host name: it is no IPv4 address'],
  },
  "boolean-not-one": {
    hba: "host all bob 10.0.0.0/8 gss krb_realm=X include_realm=true",
    said: ["1:41 include_realm is off: only the value 1 switches it on"],
  },
  "option-repeated": {
    hba: "local all all peer map=n map=m",
    ident: "m a b",
    said: ["1:26 map is given again: only this one counts"],
  },
  "stray-comma": {
    hba: `local a,,b bob ${scram}`,
    said: ["1:9 this comma joins nothing"],
  },
  "hash-in-word": { hba: peer, ident: "m a b#c", said: ["1:6 this begins a comment, and ends the word"] },
  "quote-open": {
    hba: 'local all all "peer',
    said: ["1:15 this quote is never closed: all the rest of the line is one word"],
  },
  "extra-columns": {
    hba: peer,
    ident: "m a b c",
    said: ["1:7 PostgreSQL ignores what follows the third column"],
  },
  "trust-remote": {
    hba: "host all bob 10.0.0.0/8 trust",
    said: ["1:25 whoever comes from there is let in as any role that the line names"],
  },
  "trust-local": {
    hba: "local all all trust",
    said: ["1:15 whoever may open the socket is let in as any role that the line names"],
  },
  "cleartext-password": {
    hba: "host all bob 10.0.0.0/8 pam",
    said: ["1:25 the client sends its password as it is, and the line lets it come without TLS"],
  },
  "password-method": {
    hba: "hostssl all bob 10.0.0.0/8 password",
    said: ["1:28 the server gets to know the password"],
  },
  "md5-remote": {
    hba: "host all bob 10.0.0.0/8 md5",
    said: ["1:25 roles whose password is kept as an MD5 hash log in with that hash"],
  },
  "md5-local": {
    hba: "local all all md5",
    said: ["1:15 roles whose password is kept as an MD5 hash log in with that hash"],
  },
  "ident-remote": {
    hba: "host all bob 10.0.0.0/8 ident",
    said: ["1:25 the machine of the client says who its user is, and nobody checks it"],
  },
  "ldap-no-tls": {
    hba: "hostssl all bob 10.0.0.0/8 ldap ldapserver=d.example ldapprefix=x",
    said: ["1:28 the password goes on to the directory without TLS"],
  },
  "realm-unchecked": {
    hba: "host all bob 10.0.0.0/8 gss include_realm=0",
    said: ["1:29 the realm is cut off, and may be any that this one trusts"],
  },
  "superuser-group": {
    hba: `local all +ops ${scram}`,
    said: ['1:11 of "ops" there are superusers: ann'],
  },
  "unreachable-differs": {
    hba: `host all all 10.0.0.0/8 ${scram}\nhost all bob 10.1.0.0/16 reject`,
    said: [
      "2:1 this line never decides: pg_hba.conf:1 decides about all that it matches, with another outcome",
    ],
  },
  "reach-not-checked": {
    hba: `local ${expressions("d")} ${expressions("u")} ${scram}\n`.repeat(2),
    said: ["1:1 it was not found out whether this line and 1 more ever decide: that would take too long"],
  },
  "unreachable-same": {
    hba: `local db all ${scram}\nlocal all bob ${scram}\nlocal db bob ${scram}`,
    said: [
      "3:1 this line never decides: pg_hba.conf:1 decides about all that it matches, with the same outcome",
    ],
  },
  "matches-nobody": {
    hba: `local all +nobody ${scram}`,
    said: ["1:1 no connection that there can be matches this line"],
  },
  "one-family": {
    hba: `host all bob 0.0.0.0/0 ${scram}`,
    said: ["1:14 this is for IPv4 alone: no line for the same databases and users has ::/0"],
  },
  "replication-missed": {
    hba: `local all replicator ${scram}`,
    said: ['1:7 physical replication does not match all: "replicator" cannot replicate'],
  },
  "map-missing": { hba: peer, said: ['1:20 no line of pg_ident.conf is of map "m"'] },
  "map-unused": {
    hba: `local all all ${scram}`,
    ident: "m a b",
    said: ['1:1 no rule of pg_hba.conf names map "m"'],
  },
  "mapping-repeated": {
    hba: peer,
    ident: "m a b\nm a b",
    said: ["2:1 this grants nothing that line 1 does not"],
  },
  "mapping-reference": {
    hba: peer,
    ident: String.raw`m a \1`,
    said: [String.raw`1:5 \1 is nothing special here: the system user is no regular expression`],
  },
  "mapping-open": {
    hba: peer,
    ident: "m /^(.*)$ all",
    said: ["1:3 whoever proves to be somebody is let in as any role"],
  },
  "include-dir-skips": {
    hba: "include_dir d",
    said: ["1:13 skipped, since their names do not end in .conf: old.hba"],
  },
  "include-unreadable": {
    hba: `local all all ${scram}\ninclude d`,
    said: ['2:1 could not read file "HERE/d": Is a directory'],
  },
  "ignore-refused": {
    hba: `local all all ${scram} # sallyport: ignore trust-local`,
    said: ["1:29 the comment is not followed: it gives no reason"],
  },
  "ignore-unused": {
    hba: `local all all ${scram} # sallyport: ignore trust-local -- why not`,
    said: ["1:29 there is no trust-local on its line"],
  },
};

const roles = {
  roles: [
    { name: "ops", login: false, superuser: false, member_of: [] },
    { name: "ann", login: true, superuser: true, member_of: ["ops"] },
    { name: "old", login: true, superuser: false, member_of: [], secret: "md5" },
  ],
};

interface FoundJson {
  readonly id: string;
  readonly message: string;
  readonly place: { readonly file_name: string; readonly line_number: number; readonly column: number };
}

let room: TempDirectory;
const found: FoundJson[] = [];

/** One run for all of them: a start of the program takes longer than all that it does. */
beforeAll(async () => {
  room = await tempDirectory();
  const args: string[] = [];
  for (const [id, { hba = `local all all ${scram}`, ident = "" }] of Object.entries(cases)) {
    const directory = join(room.path, id);
    await mkdir(join(directory, "d"), { recursive: true });
    await writeFile(join(directory, "pg_hba.conf"), `${hba}\n`);
    await writeFile(join(directory, "pg_ident.conf"), ident === "" ? "" : `${ident}\n`);
    await writeFile(join(directory, "d/only.conf"), `local all all ${scram}\n`);
    await writeFile(join(directory, "d/old.hba"), "");
    args.push(join(directory, "pg_hba.conf"), join(directory, "pg_ident.conf"));
  }
  await writeFile(join(room.path, "roles.json"), JSON.stringify(roles));
  found.push(...(await findingsOf([...args, "--roles", join(room.path, "roles.json")])));
});

afterAll(async () => {
  await room?.remove();
});

async function findingsOf(args: readonly string[]): Promise<readonly FoundJson[]> {
  const { stdout, stderr } = await sallyport(["check", "--format", "json", ...args], { cwd: room.path });
  expect(stderr).toBe("");
  return (JSON.parse(stdout) as { findings: FoundJson[] }).findings;
}

function told(findings: readonly FoundJson[], directory: string): string[] {
  return findings
    .filter(({ place }) => place.file_name.startsWith(`${directory}/`))
    .map(({ id, message, place }) => {
      const where = `${place.line_number}:${place.column}`;
      return `${id} ${where} ${message.replaceAll(directory, "HERE")}`;
    });
}

describe("each finding of the two files by themselves", () => {
  test.for(Object.entries(cases).filter(([, { said }]) => said.length > 0))("%s", ([id, { said }]) => {
    expect(told(found, join(room.path, id))).toEqual(said.map((text) => `${id} ${text}`));
  });

  test("literal-before-16: for servers that read it so", async () => {
    const file = join(room.path, "old.conf");
    await writeFile(file, `local all /^bob$ ${scram}\n`);
    const [finding, ...more] = await findingsOf([file, "--server-version", "15"]);
    expect([finding?.id, finding?.message, more]).toEqual([
      "literal-before-16",
      'before PostgreSQL 16 "/^bob$" is the name of a role',
      [],
    ]);
    expect(await findingsOf([file])).toEqual([]);
  });

  test("pgbouncer-skips, pgbouncer-differs, pgpool-refuses, pgpool-differs: if the pooler is named", async () => {
    const file = join(room.path, "pooler.conf");
    await writeFile(file, `local db all peer\nhost all +g all reject\nlocal all /^bob$ ${scram}\n`);
    const findings = await findingsOf([file, "--pooler", "pgbouncer", "--pooler", "pgpool"]);
    expect(findings.map(({ id, message, place }) => `${place.line_number} ${id}: ${message}`)).toEqual([
      "1 pgpool-refuses: Pgpool-II refuses the line: it does not know the method peer",
      "2 pgbouncer-skips: PgBouncer skips the line: it knows no groups: those whom it rejects may come in by a later line",
      "2 pgpool-differs: to Pgpool-II a group matches nobody, and what follows it in the list neither",
      "3 pgbouncer-differs: PgBouncer takes the expression for a name",
      "3 pgpool-differs: Pgpool-II takes the expression for a name",
    ]);
    expect(await findingsOf([file])).toEqual([]);
  });

  test("what takes it to know the server's addresses: if they are named", async () => {
    const file = join(room.path, "near.conf");
    await writeFile(file, `host all all 10.1.2.3/32 ${scram}\nhost all all samehost reject\n`);
    const [finding, ...more] = await findingsOf([file, "--server-address", "10.1.2.3/8"]);
    expect([finding?.id, finding?.place.line_number, more]).toEqual(["unreachable-differs", 2, []]);
    expect(await findingsOf([file, "--server-address", "10.1.2.4/8"])).toEqual([]);
    expect(await findingsOf([file])).toEqual([]);
  });

  test("a pooler of which nothing is known", async () => {
    const { status, stderr } = await sallyport(["check", "--pooler", "odyssey", "x"], { cwd: room.path });
    expect([status, stderr]).toEqual([
      2,
      "sallyport: error: --pooler odyssey: how it reads the file is not known\nHINT:  Known are pgbouncer and pgpool.\n",
    ]);
  });
});

test("a directory is no file without rules", async () => {
  const { status, stdout, stderr } = await sallyport(["check", "."], { cwd: room.path });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain('could not read ".": Is a directory');
  expect(stderr).toContain("HINT:  A gate or a PostgreSQL server is checked with -D");
});

test("of files that were not named nothing is said, though their maps are known", async () => {
  const [hba, ident] = ["pg_hba.conf", "pg_ident.conf"].map((name) => join(room.path, "two", name));
  await mkdir(join(room.path, "two"));
  await writeFile(hba ?? "", "local db all peer map=x\nlocal all all md5\n");
  await writeFile(ident ?? "", "x a b c\ny a b\n");
  const ids = async (...args: string[]): Promise<string[]> => (await findingsOf(args)).map(({ id }) => id);
  expect(await ids(hba ?? "")).toEqual(["md5-local"]);
  expect(await ids(ident ?? "")).toEqual(["extra-columns"]);
  expect(await ids(hba ?? "", ident ?? "")).toEqual(["md5-local", "extra-columns", "map-unused"]);
});

test.for(["text", "json", "sarif", "github"])("no secret is in %s", async (format) => {
  const line = "host all all all ldap ldapserver=l ldapbasedn=x ldapbindpasswd=hunter2";
  const file = join(room.path, "secret.conf");
  await writeFile(file, `${line}#x\n${line} ldapbindpasswd=hunter2\n${line} "scarm\nhost all "${line}\n`);
  const { stdout, stderr } = await sallyport(["check", "--format", format, file], { cwd: room.path });
  expect(stderr).toBe("");
  expect(stdout).toContain("hash-in-word");
  expect(stdout).not.toContain("hunter");
});

test("sarif names files from here on, and others by their full names", async () => {
  await using elsewhere = await tempDirectory();
  const [here, there] = [join(room.path, "a b.conf"), join(elsewhere.path, "there.conf")];
  for (const file of [here, there]) await writeFile(file, "local all all trust\n");
  const { stdout } = await sallyport(["check", "--format", "sarif", here, there], { cwd: room.path });
  const log = JSON.parse(stdout) as { runs: { results: { locations: SarifLocation[] }[] }[] };
  const uris = log.runs.flatMap(({ results }) =>
    results.flatMap(({ locations }) => locations.map((one) => one.physicalLocation.artifactLocation.uri)),
  );
  expect(uris).toEqual(["a%20b.conf", pathToFileURL(there).href]);
});

interface SarifLocation {
  readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
}
