import { expect, test } from "vitest";
import { startPostgres, startSlapd } from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import { people } from "./ldap-twins.ts";

test("the password that the directory has judged opens the session of an upstream that asks for it", async () => {
  await using slapd = await startSlapd({ ldif: people });
  await using server = await startPostgres({
    hba: "local all postgres trust\nlocal all sallyport trust\nlocal all all scram-sha-256\n",
  });
  await run(server, [...setUp, "create role test1 login password 'secret1'"]);
  await using gate = await startGate(server, {
    hba: `host all all all ldap ldapserver=localhost ldapport=${slapd.port} ldapbasedn="${slapd.suffix}"\n`,
    conf: "upstream_auth = passthrough\n",
  });
  const asTest1 = async (password: string) =>
    await gate.psql("test1", ["-c", "select current_user"], { env: { PGPASSWORD: password } });
  expect(await asTest1("secret1")).toMatchObject({ status: 0, stdout: "test1\n" });
  expect((await asTest1("secret2")).stderr).toContain('LDAP authentication failed for user "test1"');
  expect(gate.log()).not.toMatch(/secret[12]/);
});
