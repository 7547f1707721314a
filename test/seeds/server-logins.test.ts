import { decide } from "@sallyport/policy";
import type { Attempt } from "@sallyport/policy";
import type { TestPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { example212, exampleLists } from "./examples.ts";
import { logins, users } from "./logins.ts";
import { connect, factsFor, osUserName, putInForce, startWithRoles } from "./real-server.ts";
import type { Caller } from "./real-server.ts";
import { load } from "./support.ts";

let server: TestPostgres;

beforeAll(async () => {
  server = await startWithRoles();
});

afterAll(async () => {
  await server.stop();
});

/** What we say of a caller, in the words of `connect`. */
async function predicted(
  files: { readonly hba: string; readonly ident?: string },
  caller: Caller,
  systemUser?: string,
): Promise<string> {
  const policy = await load({
    "pg_hba.conf": files.hba,
    "pg_ident.conf": files.ident ?? "",
    ...exampleLists,
  });
  const { user, database = "sales", address = null, replication = false } = caller;
  const attempt: Attempt = { user, database, address, replication };
  const known = systemUser === undefined ? attempt : { ...attempt, systemUser };
  const { outcome, message, rule, map } = decide(policy, known, await factsFor(caller));
  if (outcome !== "authenticate") return message ?? outcome;
  return rule?.method === "trust" || map ? "in" : "asks for a password";
}

describe("PostgreSQL 18 and we", () => {
  test.each(logins)("answer callers alike: %s", async (_, hba, callers) => {
    await putInForce(server, { "pg_hba.conf": hba, ...exampleLists });
    for (const caller of callers) {
      const answer = await connect(server, caller);
      expect({ caller, answer }).toEqual({ caller, answer: await predicted({ hba }, caller) });
    }
  });

  test("let an OS user in as whom example 21.2 says, whichever of its people it plays", async () => {
    const os = await osUserName(server);
    const hba = "local all all peer map=omicron\n";
    const admitted: Record<string, string[]> = {};
    for (const part of ["bryanh", "ann", "robert", "nobody of these"]) {
      const ident = example212.replaceAll(new RegExp(`^(omicron +)${part} `, "gm"), `$1${os} `);
      await putInForce(server, { "pg_hba.conf": hba, "pg_ident.conf": ident });
      const people: string[] = [];
      for (const caller of users("bryanh ann robert bob guest1")) {
        const answer = await connect(server, caller);
        expect(answer).toBe(await predicted({ hba, ident }, caller, os));
        if (answer === "in") people.push(caller.user);
      }
      admitted[part] = people;
    }
    expect(admitted).toEqual({
      bryanh: ["bryanh", "guest1"],
      ann: ["ann"],
      robert: ["bob"],
      "nobody of these": [],
    });
  });
});

describe("PostgreSQL 18 itself", () => {
  test("does not fall through to a later line after a wrong password", async () => {
    await putInForce(server, { "pg_hba.conf": "local all bob scram-sha-256\nlocal all all trust\n" });
    expect(await connect(server, { user: "bob", password: "right" })).toBe("in");
    expect(await connect(server, { user: "bob", password: "wrong" })).toBe(
      'password authentication failed for user "bob"',
    );
  });

  test("lets a map with all pass a role that does not exist, and then finds no such role", async () => {
    const ident = `m "${await osUserName(server)}" all\n`;
    await putInForce(server, { "pg_hba.conf": "local all all peer map=m\n", "pg_ident.conf": ident });
    expect(await connect(server, { user: "ann" })).toBe("in");
    expect(await connect(server, { user: "ghost" })).toBe('role "ghost" does not exist');
  });

  test("asks for the CONNECT privilege after the rule has let in", async () => {
    await putInForce(server, { "pg_hba.conf": "local all all trust\n" });
    expect(await connect(server, { user: "bob", database: "closed" })).toBe(
      'permission denied for database "closed"',
    );
    expect(await connect(server, { user: "ROOT", database: "closed" })).toBe("in");
  });

  test("shows in its view what is on the disk, and runs what it last read without a mistake", async () => {
    await putInForce(server, { "pg_hba.conf": "local all all trust\n" });
    await server.writeFile("pg_hba.conf", "local all ann reject\nlocal all all rust\n");
    const view = await server.psql(["-c", "select line_number, error from pg_hba_file_rules"]);
    expect(view.stdout).toBe('1|\n2|invalid authentication method "rust"\n');
    expect(await connect(server, { user: "ann" })).toBe("in");
    expect(await server.reload()).toContain("pg_hba.conf was not reloaded");
    expect(await connect(server, { user: "ann" })).toBe("in");
    await putInForce(server, { "pg_hba.conf": "local all ann reject\nlocal all all trust\n" });
    expect(await connect(server, { user: "ann" })).toMatch(/^pg_hba\.conf rejects connection/);
  });
});
