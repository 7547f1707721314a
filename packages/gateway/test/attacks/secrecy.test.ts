import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { md5Digest } from "@sallyport/wire";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { converse, isIn, outline, refusal } from "./conversation.ts";
import type { Line, Talk } from "./conversation.ts";
import { loginLines, passwordLine, startup } from "./lines.ts";

const hba = `host pw    all all password
host five  all all md5
host scram all all scram-sha-256
`;
const methods = ["pw", "five", "scram"] as const;
/** None of these may be seen by anybody, anywhere. */
const passwords = ["app-secret", "old-secret", "gate-s-own-secret", "almost-right-secret"];

let server: TestPostgres;
let gate: TestGate;
let stored: readonly string[];
const proofs: string[] = [];

beforeAll(async () => {
  server = await startPostgres({
    hba: "local all sallyport scram-sha-256\nlocal all unwelcome reject\nlocal all all trust\n",
  });
  await run(server, [
    ...setUp,
    ...methods.map((name) => `create database ${name}`),
    "alter role sallyport password 'gate-s-own-secret'",
    "create role late login password 'app-secret' valid until '2020-01-01'",
    "create role unwelcome login password 'app-secret'",
    "set password_encryption = 'md5'",
    "create role old login password 'old-secret'",
  ]);
  stored = (await run(server, ["select rolpassword from pg_authid where rolpassword is not null"])).split(
    "\n",
  );
  const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres password=gate-s-own-secret`;
  gate = await startGate(server, { hba, upstream });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

/** A login whose every proof is noted. */
async function logIn(role: string, password: string, database: string): Promise<Talk> {
  const lines = loginLines(role, password, startup(role, database)).map(
    (line, number): Line =>
      async (heard) => {
        const bytes = typeof line === "function" ? await line(heard) : line;
        if (number > 0)
          proofs.push(
            bytes
              .toString("latin1", 5)
              .replaceAll("\0", "")
              .replace(/^.*,p=/, ""),
          );
        return bytes;
      },
  );
  return await converse(gate.tcp, lines);
}

/** Every login there is, and every way to fail. */
async function everything(): Promise<void> {
  for (const database of methods) {
    for (const role of ["app", "old", "late", "ghost", "unwelcome"]) {
      for (const password of ["app-secret", "old-secret", "almost-right-secret"])
        await logIn(role, password, database);
      const cut = [startup(role, database), passwordLine(400, Buffer.from("almost-right-secret"))];
      await converse(gate.tcp, cut);
    }
  }
}

/** Which of the secrets a text shows, also in other spellings. */
function shown(text: string): readonly string[] {
  const secrets = [...passwords, ...stored, ...proofs.filter((proof) => proof.length > 8)];
  const spellings = secrets.flatMap((secret) => [
    secret,
    Buffer.from(secret, "latin1").toString("base64"),
    Buffer.from(secret, "latin1").toString("hex"),
  ]);
  return spellings.filter((secret) => text.includes(secret));
}

describe("no secret is seen", () => {
  test("in the log, whoever comes in or is refused", async () => {
    await everything();
    expect(gate.log().split("FATAL").length).toBeGreaterThan(30);
    expect(gate.log()).toContain("connection authorized: user=old database=five");
    expect(proofs.length).toBeGreaterThan(60);
    expect(shown(gate.log())).toEqual([]);
    for (const [role, password] of [
      ["app", "app-secret"],
      ["old", "old-secret"],
    ] as const)
      expect(gate.log()).not.toContain(md5Digest(password, role));
  });

  test("in what a client is told", async () => {
    for (const database of methods) {
      const talk = await logIn("app", "almost-right-secret", database);
      expect(shown(outline(talk).join("\n"))).toEqual([]);
    }
  });

  test("in a gateway or its settings, however they are looked at", () => {
    const all = { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true, maxStringLength: null };
    for (const value of [gate.gateway, gate.settings]) {
      expect(shown(inspect(value, all))).toEqual([]);
      expect(shown(JSON.stringify(value))).toEqual([]);
    }
  });

  test("in the error of a gateway that cannot start", async () => {
    const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres password=almost-right-secret`;
    const error = await startGate(server, { hba, upstream }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(shown(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }))).toEqual([]);
    expect(String(error)).toContain("password authentication failed");
  });
});

describe("what the upstream says before it has let the role in is not for the client", () => {
  const notAccepting = ["57P03", "the database system is not accepting connections"];

  test("a refusal of its own rules", async () => {
    expect(refusal(await logIn("unwelcome", "app-secret", "scram"))).toEqual(notAccepting);
    expect(await gate.logged("pg_hba.conf rejects connection")).toContain("DETAIL");
    expect(refusal(await logIn("unwelcome", "wrong", "scram"))[0]).toBe("28P01");
  });

  test("that the catalogue cannot be asked, for which everybody hears the same", async () => {
    await using other = await startGate(server, {
      hba,
      upstream: `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres password=gate-s-own-secret`,
    });
    await run(server, ["alter role sallyport password 'changed'"]);
    try {
      await run(server, [
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'sallyport catalogue'",
      ]);
      for (const role of ["app", "ghost", "late", "sallyport"]) {
        const talks = [
          await converse(other.tcp, loginLines(role, "app-secret", startup(role, "scram"))),
          await converse(other.tcp, loginLines(role, "app-secret", startup(role, "scram"))),
        ];
        for (const talk of talks) expect(outline(talk)).toEqual([["E", ...notAccepting].join(" | ")]);
      }
      expect(await other.logged("password authentication failed")).toContain("The catalogue cannot be asked");
    } finally {
      await run(server, ["alter role sallyport password 'gate-s-own-secret'"]);
    }
  });
});

describe("a proof is compared in constant time", () => {
  const real = crypto.timingSafeEqual;
  const compared: (readonly [Buffer, Buffer])[] = [];

  beforeAll(() => {
    crypto.timingSafeEqual = (left, right) => {
      compared.push([Buffer.from(left as Uint8Array), Buffer.from(right as Uint8Array)]);
      return real(left, right);
    };
    syncBuiltinESMExports();
  });

  afterEach(() => {
    compared.length = 0;
  });

  afterAll(() => {
    crypto.timingSafeEqual = real;
    syncBuiltinESMExports();
  });

  const logins = [
    ["password, a SCRAM secret", "pw", "app", 32],
    ["password, an MD5 secret", "pw", "old", 32],
    ["md5, an MD5 secret", "five", "old", 35],
    ["md5, a SCRAM secret", "five", "app", 32],
    ["scram-sha-256", "scram", "app", 32],
  ] as const;
  for (const right of [true, false]) {
    test.for(logins)(`%s, ${right ? "right" : "wrong"}`, async ([, database, role, length]) => {
      const talk = await logIn(role, right ? `${role}-secret` : "almost-right-secret", database);
      expect(isIn(talk)).toBe(right);
      const same = compared
        .filter(([left]) => left.length === length)
        .map(([left, right]) => left.equals(right));
      expect(same.length).toBeGreaterThan(0);
      expect(same.at(-1)).toBe(right);
    });
  }

  test.for(methods)("by %s: for a role that does not exist as for one that does", async (database) => {
    await logIn("app", "almost-right-secret", database);
    const known = compared.map(([left]) => left.length);
    compared.length = 0;
    for (const role of ["ghost", "late"]) {
      await logIn(role, "almost-right-secret", database);
      expect(compared.map(([left]) => left.length)).toEqual(known);
      compared.length = 0;
    }
  });

  test("an answer that begins like the right one is as wrong as any other", async () => {
    for (const at of [0, 3, 20, 34]) {
      const lines = loginLines("old", "old-secret", startup("old", "five"));
      const forged = lines.map((line, number): Line => async (heard) => {
        const bytes = typeof line === "function" ? await line(heard) : line;
        if (number !== 1) return bytes;
        const other = Buffer.from(bytes);
        other[5 + at] = other[5 + at] === 0x30 ? 0x31 : 0x30;
        return other;
      });
      expect(refusal(await converse(gate.tcp, forged))[0]).toBe("28P01");
    }
  });
});
