import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { houses } from "./house.ts";
import { everybodyBy } from "./roles.ts";

/** By role: the password that is stored, those that are the same after SASLprep, and those that are not. */
const passwords: readonly {
  readonly role: string;
  readonly stored: string;
  readonly same: readonly string[];
  readonly other: readonly string[];
}[] = [
  { role: "one", stored: "IX", same: ["IX", "I\u{ad}X", "\u{2168}"], other: ["ix"] },
  { role: "two", stored: "a", same: ["a", "\u{aa}"], other: [] },
  { role: "three", stored: "\u{aa}", same: ["a", "\u{aa}"], other: [] },
  { role: "four", stored: "foo\u{7}bar", same: ["foo\u{7}bar"], other: ["foobar"] },
  {
    role: "five",
    stored: "foo\u{627}1bar",
    same: ["foo\u{627}1bar"],
    other: ["foo1\u{627}bar", "foobar"],
  },
];

const roles = passwords.map(({ role, stored }) => `create role ${role} login password '${stored}'`);
const lists = passwords.map((row) => [JSON.stringify(row.stored), row] as const);

// The rows of the suite are about scram-sha-256, where the client prepares, too. By password the server does alone.
describe.for(["scram-sha-256", "password"])("PostgreSQL's 002_saslprep, by %s", (method) => {
  describe.for(houses(roles))("$name", (house) => {
    beforeAll(async () => {
      await house.open();
      await house.arrange({ hba: everybodyBy(method) });
    });
    afterAll(house.close);

    describe.for(lists)("a password stored as %s", ([, { role, same, other }]) => {
      test.for(same)("is %j", async (password) => {
        const { status, log } = await house.visit(`user=${role}`, { env: { PGPASSWORD: password } });
        expect(status).toBe(0);
        expect(log).toContain(`connection authenticated: identity="${role}" method=${method} (`);
      });

      test.for(other)("is not %j", async (password) => {
        const { status, stderr } = await house.visit(`user=${role}`, { env: { PGPASSWORD: password } });
        expect(status).toBe(2);
        expect(stderr).toContain(`FATAL:  password authentication failed for user "${role}"\n`);
      });
    });
  });
});
