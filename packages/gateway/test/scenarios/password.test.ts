import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, tempDirectory } from "@sallyport/testkit";
import { debianPrograms } from "../clients/libpq.ts";
import { houses } from "./house.ts";
import type { Visit } from "./house.ts";
import { everybodyBy, passwordRoles } from "./roles.ts";

const pass = { env: { PGPASSWORD: "pass" } };

/** A visit that succeeds, with these words in the log. */
function admitted(words: string): Partial<Visit> {
  return { status: 0, stdout: "in\n", log: expect.stringContaining(words) as string };
}

function proved(role: string, method: string): Partial<Visit> {
  return admitted(`connection authenticated: identity="${role}" method=${method} (`);
}

/** A visit that ends before anybody has proved anything, with these words for the client. */
function turnedAway(words: string): Partial<Visit> {
  return {
    status: 2,
    stderr: expect.stringContaining(words) as string,
    log: expect.not.stringContaining("connection authenticated") as string,
  };
}

function refused(role: string): Partial<Visit> {
  return turnedAway(`FATAL:  password authentication failed for user "${role}"\n`);
}

describe.for(houses([...passwordRoles, "create role boss superuser login"]))(
  "PostgreSQL's 001_password, $name",
  (house) => {
    beforeAll(house.open);
    afterAll(house.close);

    describe("secrets", () => {
      beforeAll(async () => {
        await house.arrange({ hba: everybodyBy("trust") });
      });
      const secretOf = async (role: string): Promise<string> =>
        await house.administrate(`select rolpassword from pg_authid where rolname = '${role}'`);

      test("made in a session with scram_iterations = 1024 have that count", async () => {
        const { status } = await house.visit(
          "user=boss",
          { env: { PGOPTIONS: "-c scram_iterations=1024" } },
          "create role made_here password 'pass'",
        );
        expect(status).toBe(0);
        expect(await secretOf("made_here")).toMatch(/^SCRAM-SHA-256\$1024:/);
      });

      test(
        String.raw`made by \password with scram_iterations = 42 have that count: psql hears of it`,
        async () => {
          const env = { PATH: process.env["PATH"], ...house.environment() };
          // Without a terminal, psql asks for passwords on its standard input.
          const alone = ["--wait", join(debianPrograms, "psql"), "-X", "-d", "user=boss dbname=postgres"];
          const input = "set scram_iterations = 42;\n\\password scram_role_iter\npass\npass\n";
          const { status } = await command("setsid", alone, { env, input });
          expect(status).toBe(0);
          expect(await secretOf("scram_role_iter")).toMatch(/^SCRAM-SHA-256\$42:/);
        },
      );
    });

    describe("trust", () => {
      beforeAll(async () => {
        await house.arrange({ hba: everybodyBy("trust") });
      });

      test.for(["scram_role", "md5_role"])("lets %s in, and logs it without an identity", async (role) => {
        const logged = admitted(`connection authenticated: user="${role}" method=trust (`);
        expect(await house.visit(`user=${role}`)).toMatchObject(logged);
      });

      test("leaves SYSTEM_USER null, in parallel workers, too", async () => {
        expect(await systemUser("scram_role", {})).toMatch(/^null of \d+$/);
      });
    });

    describe("password", () => {
      beforeAll(async () => {
        await house.arrange({ hba: everybodyBy("password") });
      });

      test.for(["scram_role", "md5_role"])("lets %s in", async (role) => {
        expect(await house.visit(`user=${role}`, pass)).toMatchObject(proved(role, "password"));
      });

      test.for(["scram_role", "md5_role"])("refuses a wrong password of %s", async (role) => {
        expect(await house.visit(`user=${role}`, { env: { PGPASSWORD: "badpass" } })).toMatchObject(
          refused(role),
        );
      });
    });

    describe("scram-sha-256", () => {
      beforeAll(async () => {
        await house.arrange({ hba: everybodyBy("scram-sha-256") });
      });

      test.for(["scram_role", "scram_role_iter"])("lets %s in", async (role) => {
        expect(await house.visit(`user=${role}`, pass)).toMatchObject(proved(role, "scram-sha-256"));
      });

      test("refuses md5_role, whose secret is another one", async () => {
        expect(await house.visit("user=md5_role", pass)).toMatchObject(refused("md5_role"));
      });

      test("refuses a wrong password", async () => {
        const visit = await house.visit("user=scram_role", { env: { PGPASSWORD: "badpass" } });
        expect(visit).toMatchObject(refused("scram_role"));
      });
    });

    describe("md5", () => {
      beforeAll(async () => {
        await house.arrange({ hba: everybodyBy("md5") });
      });

      test.for(["scram_role", "md5_role"])("lets %s in, by SCRAM or by MD5, and logs md5", async (role) => {
        expect(await house.visit(`user=${role}`, pass)).toMatchObject(proved(role, "md5"));
      });

      test("makes SYSTEM_USER md5:scram_role, in parallel workers, too", async ({ skip }) => {
        const reason = "it shows how the gateway logged in to its upstream: docs/differences.md";
        skip(house.kind === "gateway", reason);
        expect(await systemUser("scram_role", pass.env)).toMatch(/^md5:scram_role of \d+$/);
      });
    });

    describe("channel_binding=require", () => {
      test.for([
        ["password", "channel binding required but not supported by server's authentication request"],
        ["scram-sha-256", "channel binding required, but SSL not in use"],
      ])("is not had without TLS, from %s", async ([method = "", words = ""]) => {
        await house.arrange({ hba: everybodyBy(method) });
        expect(await house.visit("user=scram_role channel_binding=require", pass)).toMatchObject(
          turnedAway(words),
        );
      });
    });

    test(".pgpass is searched past long comments, with escapes, and for one's own entry", async () => {
      await house.arrange({ hba: everybodyBy("password") });
      await using directory = await tempDirectory();
      const PGPASSFILE = join(directory.path, "passwords");
      const comment = `# ${"a comment that is long, to see how long lines are read; ".repeat(30)}\n`;
      const own = "*:*:postgres:scram_role:pass:what follows is no part of the password\n";
      await writeFile(PGPASSFILE, `${comment}${own}`);
      await chmod(PGPASSFILE, 0o600);
      const passfile = { env: { PGPASSFILE } };
      expect(await house.visit("user=scram_role", passfile)).toMatchObject(proved("scram_role", "password"));
      expect(await house.visit("user=md5_role", passfile)).toMatchObject(turnedAway("no password supplied"));
      await writeFile(PGPASSFILE, `${comment}${own}*:*:*:md5_role:p\\ass\n`);
      expect(await house.visit("user=md5_role", passfile)).toMatchObject(proved("md5_role", "password"));
    });

    /** SYSTEM_USER, as a parallel worker sees it. */
    async function systemUser(role: string, env: Readonly<Record<string, string>>): Promise<string> {
      const inWorker = { env: { ...env, PGOPTIONS: "-c debug_parallel_query=on" } };
      const statement = "select coalesce(system_user, 'null') || ' of ' || count(*) from pg_am";
      const { stdout } = await house.visit(`user=${role}`, inWorker, statement);
      return stdout.trimEnd();
    }
  },
);
