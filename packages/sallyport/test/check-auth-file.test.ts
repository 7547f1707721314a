import { chmod, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { checkRoom, conninfo } from "./check-room.ts";

const { check, findings, makeGate } = checkRoom();

describe("auth_file", () => {
  let asking: TestPostgres;
  let secret: string;

  beforeAll(async () => {
    asking = await startPostgres({
      hba: "local all postgres,sallyport,sees trust\nlocal all all scram-sha-256\n",
    });
    const statements = [
      "create role sallyport login",
      "create role sees login",
      "grant select (rolname, rolpassword) on pg_authid to sees",
      "create role app login password 'app-secret'",
      "create role idle password 'idle-secret'",
      "create role moved login password 'moved-secret'",
    ];
    await asking.psql(statements.flatMap((sql) => ["-c", sql]));
    const { stdout } = await asking.psql(["-c", "select rolpassword from pg_authid where rolname = 'app'"]);
    secret = stdout.trim();
  });

  afterAll(async () => {
    await asking?.stop();
  });

  async function findingsOf(text: string, user: string, mode = 0o600): Promise<string[]> {
    const conf = "auth_source = file\nauth_file = 'users.txt'\nupstream_auth = passthrough";
    const directory = await makeGate({ conf, upstream: conninfo(asking, user) });
    await writeFile(join(directory, "users.txt"), text);
    await chmod(join(directory, "users.txt"), mode);
    return await findings(directory);
  }

  test("that says what the upstream says has nothing wrong with it", async () => {
    for (const user of ["sallyport", "sees"])
      expect(await findingsOf(`"app" "${secret}"\n`, user)).toEqual([]);
  });

  test("auth-file-refused", async () => {
    expect(await findingsOf(`"app" "${secret}"\napp hunter2\n`, "sees")).toEqual([
      'auth-file-refused auth_file "GATE/users.txt", line 2: no name in double quotes',
    ]);
    expect(await findingsOf(`"app" "${secret}"\n`, "sees", 0o644)).toEqual([
      'auth-file-refused auth_file "GATE/users.txt" has group or world access',
    ]);
  });

  test("auth-file-secret, auth-file-role, auth-file-login", async () => {
    const text = `"app" "hunter2"\n"ghost" "${secret}"\n\n"idle" "${secret}"\n`;
    expect(await findingsOf(text, "sallyport")).toEqual([
      'auth-file-secret 1:1 the secret of "app" is no MD5 or SCRAM secret',
      'auth-file-role 2:1 there is no role "ghost" upstream',
      'auth-file-login 4:1 the role "idle" is not permitted to log in upstream',
    ]);
  });

  test("auth-file-differs, if the catalogue's role may see it", async () => {
    const text = `"app" "${secret}"\n"moved" "${secret}"\n`;
    expect(await findingsOf(text, "sallyport")).toEqual([]);
    expect(await findingsOf(text, "sees")).toEqual([
      'auth-file-differs 2:1 the secret of "moved" is not the one that the upstream has',
    ]);
  });

  test("of many names with one mistake is told of some, and how many more", async () => {
    const text = Array.from({ length: 50 }, (_, n) => `"ghost${n}" "${secret}"\n`).join("");
    const found = await findingsOf(text, "sallyport");
    expect(found).toHaveLength(21);
    expect(found.at(-1)).toBe("auth-file-role the same of 30 more names of auth_file");
  });

  test("nothing-to-pass: lines by which nobody comes in, unless the upstream asks for nothing", async () => {
    const open = "local all all trust\nhost all all all reject\nlocal all all scram-sha-256\n";
    const text = `${open}host all all all ldap ldapserver=l ldapprefix=x\n`;
    const conf = "upstream_auth = passthrough";
    const directory = await makeGate({ hba: text, conf, upstream: conninfo(asking, "sees") });
    expect(await findings(directory)).toEqual([
      "nothing-to-pass 1:15 method trust leaves nothing to pass on to the upstream",
    ]);
    expect(await findings(await makeGate({ hba: text, conf }))).toEqual([]);
  });

  test("service-access: the upstream does not know the gateway; the lines that it needs", async () => {
    const directory = await makeGate({ upstream: conninfo(asking, "sees") });
    const { status, stdout } = await check(["-D", directory, "-c", "max_connections=9"]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      "info: the upstream does not let the gateway in as just any role [service-access]",
    );
    expect(stdout).toContain("local  all          all  peer  map=sallyport");
    expect(stdout).toContain(`sallyport  ${userInfo().username}  all`);
  });
});
