import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { psql } from "@sallyport/testkit";
import { libpq18 } from "../clients/libpq.ts";
import { houses } from "./house.ts";
import { everybodyBy, passwordRoles } from "./roles.ts";

const everything = "!gss,!sspi,!password,!md5,!scram-sha-256";

/** By method of the rule: the role, what libpq may demand of it, and what it refuses with which words. */
const demands: readonly {
  readonly method: string;
  readonly role: string;
  readonly met: readonly string[];
  readonly unmet: readonly string[];
  readonly words: RegExp;
}[] = [
  {
    method: "trust",
    role: "scram_role",
    met: ["", "none", "!gss", "!sspi", "!password", "!md5", "!scram-sha-256", "!password,!md5", everything],
    unmet: ["gss", "sspi", "password", "md5", "scram-sha-256", "password,scram-sha-256", "!none"],
    words: /server did not complete authentication/,
  },
  {
    method: "password",
    role: "scram_role",
    met: ["password", "!none", "scram-sha-256,password,md5"],
    unmet: ["md5", "scram-sha-256", "none", "!password", "!password,!md5,!scram-sha-256"],
    words: /server requested a cleartext password/,
  },
  {
    method: "scram-sha-256",
    role: "scram_role",
    met: ["scram-sha-256", "!none", "password,scram-sha-256,md5"],
    unmet: ["password", "md5", "none", "!scram-sha-256", "!password,!md5,!scram-sha-256"],
    words: /server requested (?:SASL|SCRAM-SHA-256) authentication/,
  },
  {
    method: "md5",
    role: "scram_role",
    met: ["scram-sha-256"],
    unmet: ["md5"],
    words: /server requested SASL authentication/,
  },
  {
    method: "md5",
    role: "md5_role",
    met: ["md5", "!none"],
    unmet: ["scram-sha-256", "password", "none", "!md5"],
    words: /server requested a hashed password/,
  },
];

describe.for(houses(passwordRoles))("PostgreSQL's 001_password, require_auth, $name", (house) => {
  beforeAll(house.open);
  afterAll(house.close);

  describe.for(demands)("$method, $role", ({ method, role, met, unmet, words }) => {
    beforeAll(async () => {
      await house.arrange({ hba: everybodyBy(method) });
    });
    const visit = async (demand: string) =>
      await house.visit(`user=${role} require_auth='${demand}'`, { env: { PGPASSWORD: "pass" } });

    test.for(met)("is what a client that demands [%s] lets itself be asked", async (demand) => {
      const { status, stderr } = await visit(demand);
      expect([status, stderr]).toEqual([0, ""]);
    });

    test.for(unmet)("is not for a client that demands [%s]", async (demand) => {
      const { status, stderr } = await visit(demand);
      expect(status).toBe(2);
      expect(stderr).toMatch(words);
    });
  });
});

describe("PostgreSQL's 001_password, require_auth, before any connection", () => {
  test.for([
    ["scram-sha-256,!md5", 'negative require_auth method "!md5" cannot be mixed with non-negative methods'],
    ["!md5,scram-sha-256", 'require_auth method "scram-sha-256" cannot be mixed with negative methods'],
    ["none,!md5", 'negative require_auth method "!md5" cannot be mixed with non-negative methods'],
    ["md5,password,md5", 'require_auth method "md5" is specified more than once'],
    ["!md5,!md5", 'require_auth method "!md5" is specified more than once'],
    ["none,none", 'require_auth method "none" is specified more than once'],
    ["password,unknown", 'invalid require_auth value: "unknown"'],
  ])("%s is a mistake of the client's own", async ([demand = "", words = ""]) => {
    const conninfo = `host=/nonexistent require_auth='${demand}'`;
    const { status, stderr } = await psql(["-d", conninfo], { env: libpq18.environment });
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });
});
