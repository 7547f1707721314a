import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { gssClient } from "@sallyport/testkit";
import type { Kdc } from "@sallyport/testkit";
import { encodeGssencRequest, encodeMessage } from "@sallyport/wire";
import { answerGss, talkTo } from "./gss-talk.ts";
import { startGssTwins } from "./gss-twins.ts";

const hba = "host all app all gss include_realm=0\nhost all certain all trust\n";
const options = { users: ["app"], hba, statements: ["create role certain login"] };

/** A keytab with a key that does not serve, and what is said of it. */
const unfit: readonly (readonly [
  title: string,
  make: (kdc: Kdc, keytab: string) => Promise<void>,
  words: string,
])[] = [
  [
    "of another service",
    async ({ administer }, keytab) => {
      await administer(["addprinc -randkey postgres/elsewhere", `ktadd -k ${keytab} postgres/elsewhere`]);
    },
    "Request ticket server postgres/127.0.0.1@EXAMPLE.COM not found in keytab",
  ],
  [
    "from before the service got a new key",
    async ({ administer }, keytab) => {
      await administer([`ktadd -k ${keytab} postgres/127.0.0.1`, "cpw -randkey postgres/127.0.0.1"]);
    },
    "not found in keytab; keytab is likely out of date",
  ],
  [
    "of the right name and version, from another realm's KDC",
    async ({ administer }, keytab) => {
      await administer([`ktadd -k ${keytab} postgres/127.0.0.1`]);
      await administer([
        "delprinc -force postgres/127.0.0.1",
        "addprinc -pw other-secret -kvno 3 postgres/127.0.0.1",
      ]);
      await administer(["modprinc -kvno 3 postgres/127.0.0.1"]);
    },
    "Unspecified GSS failure.  Minor code may provide more information: ",
  ],
];

test.for(unfit)("with a keytab %s nobody comes in, and the log says why", async ([, make, words]) => {
  await using twins = await startGssTwins({ ...options, keytab: ({ keytab }) => `${keytab}.unfit` });
  const keytab = `${twins.kdc.keytab}.unfit`;
  await make(twins.kdc, keytab);
  await chmod(keytab, 0o644);
  const ticket = await twins.kdc.ticket("app");
  for (const mode of ["disable", "prefer", "require"]) {
    const { gate, postgres } = await twins.knock(`user=app gssencmode=${mode}`, ticket);
    expect(gate).toEqual(postgres);
    expect(gate.result.status).toBe(2);
    expect(gate.log.join("\n")).toContain(words);
  }
});

/** No keytab, in a server's eyes. */
const none: readonly (readonly [string, (keytab: string) => Promise<void>])[] = [
  ["missing", async (keytab) => await rm(keytab, { force: true })],
  ["empty", async (keytab) => await writeFile(keytab, "")],
  ["no keytab at all", async (keytab) => await writeFile(keytab, "-----BEGIN PRIVATE KEY-----\n")],
];

test.for(none)(
  "with a keytab that is %s, gss fails as in PostgreSQL, and encryption is not granted",
  async ([, make]) => {
    await using twins = await startGssTwins({ ...options, keytab: ({ keytab }) => `${keytab}.none` });
    await make(`${twins.kdc.keytab}.none`);
    const ticket = await twins.kdc.ticket("app");
    const plain = await twins.knock("user=app gssencmode=disable", ticket);
    // Of the same failure the library tells us more, who ask for the credentials first.
    const asked = `Keytab FILE:${twins.kdc.keytab}.none is nonexistent or empty`;
    const log = plain.gate.log.map((line) => line.replace(asked, "Key table entry not found"));
    expect({ ...plain.gate, log }).toEqual(plain.postgres);
    expect(log[1]).toBe("00000|LOG:  accepting GSS security context failed");
    expect(log).not.toEqual(plain.gate.log);

    // PostgreSQL grants it, and closes the connection then; the client comes back without it.
    const { gate, postgres } = await twins.knock("user=certain gssencmode=prefer", ticket);
    expect(gate.result).toEqual(postgres.result);
    expect(postgres.log).toContain("00000|LOG:  could not accept GSSAPI security context");
    expect(gate.log).toHaveLength(2);
    const required = await twins.knock("user=certain gssencmode=require", ticket);
    expect(required.gate.result.stderr).toContain(
      "server doesn't support GSSAPI encryption, but it was required",
    );
    expect(required.postgres.result.status).toBe(2);
  },
);

test("a keytab is read anew for each client", async () => {
  await using twins = await startGssTwins({ ...options, keytab: ({ keytab }) => `${keytab}.fresh` });
  const { kdc, gate } = twins;
  const answer = async (): Promise<string | undefined> => {
    using talk = talkTo(gate.port);
    talk.say(encodeGssencRequest());
    return (await talk.hear(1))?.toString();
  };
  expect(await answer()).toBe("N");
  await kdc.administer([`ktadd -k ${kdc.keytab}.fresh postgres/127.0.0.1`]);
  await chmod(`${kdc.keytab}.fresh`, 0o644);
  expect(await answer()).toBe("G");
  await kdc.administer([`ktadd -k ${kdc.keytab}.fresh postgres/127.0.0.1`]);
  const ticket = await kdc.ticket("app");
  const { gate: ours, postgres } = await twins.knock("user=app gssencmode=require", ticket);
  expect(ours).toEqual(postgres);
  expect(ours.result.status).toBe(0);
});

test("a keytab may be called by any bytes", async () => {
  await using twins = await startGssTwins({ ...options, keytab: ({ keytab }) => `${keytab}.schl\u00fcssel` });
  const { kdc } = twins;
  const keytab = `${kdc.keytab}.schl\u00fcssel`;
  await kdc.administer([`ktadd -k ${keytab} postgres/127.0.0.1`]);
  await chmod(keytab, 0o644);
  const { gate, postgres } = await twins.knock("user=app gssencmode=require", await kdc.ticket("app"));
  expect(gate).toEqual(postgres);
  expect(gate.result.status).toBe(0);
});

test("a ticket that was got before the key changed serves for as long as the old key is in the keytab", async () => {
  await using twins = await startGssTwins(options);
  const { kdc } = twins;
  const ticket = await kdc.ticket("app");
  const before = await twins.knock("user=app gssencmode=require", ticket);
  await kdc.administer([`ktadd -k ${kdc.keytab} postgres/127.0.0.1`]);
  const after = await twins.knock("user=app gssencmode=require", ticket);
  for (const { gate, postgres } of [before, after]) {
    expect(gate).toEqual(postgres);
    expect(gate.result.status).toBe(0);
  }
});

test("tickets that have run out and tokens of another time are refused, once the clocks may not differ", async () => {
  await using twins = await startGssTwins(options);
  const { kdc } = twins;
  const made: (readonly [words: string, token: Buffer])[] = [];
  for (const [lifetime, words] of [
    ["1s", "Ticket expired"],
    ["1h", "Clock skew too great"],
  ] as const) {
    using client = await gssClient(await kdc.ticket("app", ["-l", lifetime]));
    made.push([words, client.step(null)]);
  }
  // The library allows for clocks that are five minutes apart; this gate's for two seconds.
  const strict = `${kdc.configuration}.strict`;
  const configuration = await readFile(kdc.configuration, "utf8");
  await writeFile(strict, configuration.replace("[libdefaults]", "[libdefaults]\nclockskew = 2"));
  process.env["KRB5_CONFIG"] = strict;
  await delay(5000);
  for (const [words, token] of made) {
    const { gate } = await twins.both(async (port) => await answerGss(port, encodeMessage("p", token)));
    expect(gate.result.at(-1)).toBe('E|28000|GSSAPI authentication failed for user "app"');
    expect(gate.log[2]).toMatch(new RegExp(`^00000\\|DETAIL: {2}.*: ${words}$`));
  }
});
