import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command, hbaView, startPostgres, tempDirectory } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { poolerLines } from "./pooler-lines.ts";
import { review } from "./review.ts";

/** Rows as the server's own view has them, of what the messages claim. */
test("what is said of addresses and options is what PostgreSQL reads", async () => {
  const claims = [
    ["host d a 010.1.2.3/32 md5", '"010.1.2.3" is the address 8.1.2.3', "8.1.2.3", "255.255.255.255"],
    ["host d a 10.1/32 md5", '"10.1" is the address 10.0.0.1', "10.0.0.1", "255.255.255.255"],
    ["host d a 10.0.0.0 0xff000000 md5", '"0xff000000" is the mask 255.0.0.0', "10.0.0.0", "255.0.0.0"],
    ["host d a 10.0.0.0 24 md5", "the mask 0.0.0.24 is no prefix", "10.0.0.0", "0.0.0.24"],
    ["host d a 10.1.2.3/8 md5", "10.1.2.3/8 is all of 10.0.0.0/8", "10.1.2.3", "255.0.0.0"],
    ["host d a 300.1.1.1 md5", '"300.1.1.1" is read as a host name', "300.1.1.1", null],
    ["host d a 10.0.0.09 md5", '"10.0.0.09" is read as a host name', "10.0.0.09", null],
    ['host d a "all" md5', 'in quotes, "all" is the name of a host', "all", null],
    ["host d a ALL md5", '"ALL" is the name of a host', "ALL", null],
  ] as const;
  const options = [
    ["local d a peer map=m map=n", ["map=n"]],
    ["local d a ldap ldapserver=x ldapprefix=y ldaptls=yes", ["ldapserver=x", "ldapprefix=y", "ldapscope=2"]],
    ["local d , a peer", null],
  ] as const;
  const lines = [...claims, ...options].map(([line]) => line);
  const hba = lines.map((line) => `${line}\n`).join("");
  // The build that has LDAP.
  await using server = await startPostgres({ build: "debian", major: 15 });
  await writeFile(server.paths.hba, `local all all trust\n${hba}`);
  const rows = (await hbaView(server)).slice(1);
  const said = review(hba).map(({ message, place }) => `${place.lineNumber} ${message}`);
  claims.forEach(([, message, address, netmask], at) => {
    expect(rows[at]).toMatchObject({ address, netmask, error: null });
    expect(said).toContainEqual(expect.stringContaining(`${at + 1} ${message}`));
  });
  options.forEach(([, shown], at) => {
    expect(rows[claims.length + at]).toMatchObject({ options: shown, error: null, user_name: ["a"] });
    expect(said).toContainEqual(expect.stringMatching(new RegExp(`^${claims.length + at + 1} `)));
  });
});

const pgbouncer = "/usr/sbin/pgbouncer";

describe.skipIf(!existsSync(pgbouncer))("PgBouncer itself, where it is installed", () => {
  test("skips the lines that are said to be skipped, and no other", async () => {
    await using room = await tempDirectory(0o755);
    const firstLines = new Map<number, string>();
    let text = "";
    for (const [line] of poolerLines) {
      firstLines.set(text.split("\n").length, line);
      text += `${line}\n`;
    }
    const settings = [
      "[pgbouncer]",
      "auth_type = hba",
      `auth_hba_file = ${join(room.path, "hba")}`,
      `auth_file = ${join(room.path, "users")}`,
      `unix_socket_dir = ${room.path}`,
      "listen_port = 6432",
    ];
    await writeFile(join(room.path, "hba"), text, { mode: 0o644 });
    await writeFile(join(room.path, "users"), "", { mode: 0o644 });
    await writeFile(join(room.path, "ini"), settings.map((line) => `${line}\n`).join(""), { mode: 0o644 });
    await chmod(room.path, 0o777);
    const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
    // It serves until it is told to end: all that is of interest it says before.
    const { stderr } = await command(pgbouncer, [...user, join(room.path, "ini")], { timeoutMs: 1500 });
    const skipped = new Set(
      [...stderr.matchAll(/could not parse hba config line (\d+)/g)].flatMap(
        ([, number]) => firstLines.get(Number(number)) ?? [],
      ),
    );
    expect(stderr).toContain("process up: PgBouncer");
    const wanted = poolerLines.filter(([, said]) => said?.startsWith("skips"));
    expect([...skipped]).toEqual(wanted.map(([line]) => line));
  });
});
