import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { selfSigned } from "@sallyport/testkit";
import type { Ticket } from "@sallyport/testkit";
import { startGssTwins } from "./gss-twins.ts";
import type { GssTwins } from "./gss-twins.ts";

/** As in `test/tls/negotiation.test.ts`, where nobody has a ticket. */
const hba = `host all testuser 127.0.0.1/32 trust
hostnossl all nossluser 127.0.0.1/32 trust
hostnogssenc all nogssuser 127.0.0.1/32 trust
hostssl all ssluser 127.0.0.1/32 trust
hostgssenc all gssuser 127.0.0.1/32 trust
local all localuser trust
`;
const users = ["testuser", "nossluser", "nogssuser", "ssluser", "gssuser", "localuser"];
const sslModes = ["disable", "allow", "prefer", "require"] as const;

/**
 * For each user, in the order of `users`: in by G(SSAPI encryption), S(SL) or P(lain), or not. The table of PostgreSQL's
 * own suite (`libpq/t/005_negotiate_encryption.pl`), where somebody has a ticket.
 */
const expected: Readonly<Record<"on" | "off", Readonly<Record<string, string>>>> = {
  on: {
    "disable disable": "PPP---",
    "disable allow": "PPPS--",
    "disable prefer": "SPSS--",
    "disable require": "S-SS--",
    "prefer disable": "GGP-G-",
    "prefer allow": "GGPSG-",
    "prefer prefer": "GGSSG-",
    "prefer require": "GGSSG-",
    "require disable": "GG--G-",
    "require allow": "GG--G-",
    "require prefer": "GG--G-",
    "require require": "GG--G-",
  },
  off: {
    "disable disable": "PPP---",
    "disable allow": "PPP---",
    "disable prefer": "PPP---",
    "disable require": "------",
    "prefer disable": "GGP-G-",
    "prefer allow": "GGP-G-",
    "prefer prefer": "GGP-G-",
    "prefer require": "GG--G-",
    "require disable": "GG--G-",
    "require allow": "GG--G-",
    "require prefer": "GG--G-",
    "require require": "GG--G-",
  },
};

describe.for(["on", "off"] as const)("with ssl = %s", (ssl) => {
  let twins: GssTwins;
  let ticket: Ticket;

  beforeAll(async () => {
    const { cert, key } = await selfSigned();
    twins = await startGssTwins({
      users: ["somebody"],
      hba,
      statements: users.map((user) => `create role ${user} login`),
      settings: { ssl, ssl_cert_file: "server.crt", ssl_key_file: "server.key" },
      files: { "server.crt": cert.toString(), "server.key": key.toString() },
    });
    ticket = await twins.kdc.ticket("somebody");
  });

  afterAll(async () => {
    await twins?.[Symbol.asyncDispose]();
  });

  describe.for(["disable", "prefer", "require"])("gssencmode=%s", (gss) => {
    test.for(sslModes)("sslmode=%s: each user fares with the gateway as with PostgreSQL", async (mode) => {
      const letters: string[] = [];
      for (const user of users) {
        const way = `user=${user} gssencmode=${gss} sslmode=${mode}`;
        const { gate, postgres } = await twins.knock(way, ticket);
        expect({ user, ...gate }).toEqual({ user, ...postgres });
        letters.push(gate.result.status === 0 ? letter(gate.result.stdout) : "-");
      }
      expect(letters.join("")).toBe(expected[ssl][`${gss} ${mode}`]);
    });
  });
});

function letter(said: string): string {
  if (said.includes("GSSAPI-encrypted")) return "G";
  return said.includes("SSL connection") ? "S" : "P";
}
