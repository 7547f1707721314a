import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { houses } from "./house.ts";
import { everybodyBy, passwordRoles } from "./roles.ts";

const lines = {
  received: "LOG:  connection received: host=[local]\n",
  authenticated: 'LOG:  connection authenticated: user="scram_role" method=trust (',
  authorized: "LOG:  connection authorized: user=scram_role database=postgres",
  ready: "LOG:  connection ready: setup total=",
};

describe.for(houses(passwordRoles))("PostgreSQL's 001_password, log_connections, $name", (house) => {
  beforeAll(house.open);
  afterAll(house.close);

  test.for([
    ["on", ["received", "authenticated", "authorized"]],
    ["receipt,authorization,setup_durations", ["received", "authorized", "ready"]],
    ["all", ["received", "authenticated", "authorized", "ready"]],
  ] as const)("%s: logs %s, and no more", async ([logConnections, expected]) => {
    await house.arrange({ hba: everybodyBy("trust"), logConnections });
    const { status, log } = await house.visit("user=scram_role");
    expect(status).toBe(0);
    const found = Object.entries(lines).flatMap(([name, words]) => (log.includes(words) ? [name] : []));
    expect(found).toEqual(expected);
  });
});
