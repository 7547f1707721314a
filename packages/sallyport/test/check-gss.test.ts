import { chmod } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { startKdc } from "@sallyport/testkit";
import { checkRoom } from "./check-room.ts";

const { findings, makeGate } = checkRoom();
const none = "the service has no credentials of GSSAPI: nobody comes in by this line";

describe("the keytab", () => {
  test("nothing is found where all is well", async () => {
    await using kdc = await startKdc({ users: [] });
    const conf = `krb_server_keyfile = 'FILE:${kdc.keytab}'\n`;
    expect(await findings(await makeGate({ conf, hba: "host all all all gss\n" }))).toEqual([]);
  });

  test.for([
    ["host all all all gss\n", "1:18"],
    ["host all all all md5\nhostgssenc all all all scram-sha-256\n", "2:24"],
  ] as const)("keytab-refused: %j", async ([hba, place]) => {
    const conf = "krb_server_keyfile = 'FILE:/nonexistent/krb5.keytab'\n";
    expect(await findings(await makeGate({ conf, hba }))).toEqual([`keytab-refused ${place} ${none}`]);
  });

  test("is of no interest where no line asks for it", async () => {
    const conf = "krb_server_keyfile = 'FILE:/nonexistent/krb5.keytab'\n";
    expect(await findings(await makeGate({ conf, hba: "host all all all md5\n" }))).toEqual([]);
  });

  test("may be written by nobody else", async () => {
    await using kdc = await startKdc({ users: [] });
    const keytab = kdc.keytab;

    await chmod(keytab, 0o666);
    const conf = `krb_server_keyfile = 'FILE:${keytab}'\n`;
    expect(await findings(await makeGate({ conf, hba: "host all all all gss\n" }))).toEqual([
      `writable-by-others "${keytab}" may be written by everybody`,
    ]);
  });
});
