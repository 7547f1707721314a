import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort, seededRandom, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import type { Target } from "../../packages/gateway/test/raw-client.ts";
import { sallyport, serve } from "../../packages/sallyport/test/cli.ts";
import { attempt } from "./timing/attempt.ts";
import type { Attempt } from "./timing/attempt.ts";
import { deviation, quantile, sampleOf, separation } from "./timing/statistics.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** For each kind of role and each way to ask. */
const attempts = Number(process.env["ATTEMPTS"] ?? 2000);

/** Names of one length, so that nothing that names them differs in length. */
const roles = {
  "a known role": "role_known",
  "another known role": "role_other",
  "an unknown role": "role_ghost",
  "an expired password": "role_later",
  "no password": "role_barer",
  "a role without LOGIN": "role_stays",
} as const;
type Kind = keyof typeof roles;
const kinds = Object.keys(roles) as readonly Kind[];

/** A database for each method, and gates that differ in `password_encryption`. */
const ways = [
  { way: "scram-sha-256", database: "scram", encryption: "scram-sha-256" },
  { way: "password, SCRAM secrets", database: "pw", encryption: "scram-sha-256" },
  { way: "md5, SCRAM secrets", database: "five", encryption: "scram-sha-256" },
  { way: "password, MD5 secrets", database: "pw", encryption: "md5" },
  { way: "md5, MD5 secrets", database: "five", encryption: "md5" },
] as const;

const hba = `host pw    all 127.0.0.1/32 password
host five  all 127.0.0.1/32 md5
host scram all 127.0.0.1/32 scram-sha-256
`;

test(`who exists is told by no message, order, length or time (SEED=${seed} ATTEMPTS=${attempts})`, async () => {
  for (const encryption of ["scram-sha-256", "md5"] as const) {
    await using house = await startHouse(encryption);
    for (const { way, database } of ways.filter((one) => one.encryption === encryption)) {
      const seen = await lookAt(house.target, database, seededRandom(seed));
      expect(looks(seen), `by ${way}`).toHaveLength(1);
      const rows = compared(seen);
      console.info(
        [
          `${way}: microseconds to each answer (median, 90 %), and how often it is later than a known role's`,
          ...rows.map(shown),
        ].join("\n"),
      );
      expect(
        rows.flatMap(({ kind, cells }) =>
          cells.filter(({ told }) => told).map(({ share }) => [way, kind, share]),
        ),
      ).toEqual([]);
    }
  }
});

interface House extends AsyncDisposable {
  readonly target: Target;
}

async function startHouse(encryption: "scram-sha-256" | "md5"): Promise<House> {
  const server = await startPostgres();
  const room = await tempDirectory();
  const of = (kind: Kind): string => roles[kind];
  const statements = [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    ...["pw", "five", "scram"].map((name) => `create database ${name}`),
    `set password_encryption = '${encryption}'`,
    `create role ${of("a known role")} login password 'secret'`,
    `create role ${of("another known role")} login password 'secret too'`,
    `create role ${of("an expired password")} login password 'secret' valid until '2020-01-01'`,
    `create role ${of("no password")} login`,
    `create role ${of("a role without LOGIN")} password 'secret'`,
  ];
  const made = await server.psql(statements.flatMap((sql) => ["-c", sql]));
  expect(made.status).toBe(0);
  const directory = join(room.path, "gate");
  const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
  expect((await sallyport(["init", "-D", directory, "--upstream", upstream])).stderr).toBe("");
  await writeFile(join(directory, "pg_hba.conf"), hba);
  const port = await freePort();
  const settings = [
    `port=${port}`,
    "unix_socket_directories=",
    `password_encryption=${encryption}`,
    "log_connections=",
    "log_disconnections=off",
  ];
  const gate = await serve(["-D", directory, ...settings.flatMap((setting) => ["-c", setting])]);
  return {
    target: { host: "127.0.0.1", port },
    [Symbol.asyncDispose]: async () => {
      await gate[Symbol.asyncDispose]();
      await server.stop();
      await room.remove();
    },
  };
}

type Seen = ReadonlyMap<Kind, readonly Attempt[]>;

/** All kinds in an order of chance, one attempt after the other, so that whatever drifts drifts for all. */
async function lookAt(target: Target, database: string, r: Random): Promise<Seen> {
  const seen = new Map(kinds.map((kind) => [kind, [] as Attempt[]]));
  for (let warming = 0; warming < 200; warming += 1)
    for (const kind of kinds) await attempt(target, roles[kind], database);
  for (let round = 0; round < attempts; round += 1) {
    for (const kind of shuffled(kinds, r)) seen.get(kind)?.push(await attempt(target, roles[kind], database));
  }
  return seen;
}

/** What attempts look like from outside, names aside: messages, their order and lengths. */
function looks(seen: Seen): readonly string[] {
  const all = kinds.flatMap((kind) =>
    (seen.get(kind) ?? []).map(({ words, lengths }) =>
      JSON.stringify([words.map((line) => line.replaceAll(roles[kind], "ROLE")), lengths]),
    ),
  );
  return [...new Set(all)];
}

interface Row {
  readonly kind: Kind;
  readonly cells: readonly Cell[];
}

interface Cell {
  readonly median: number;
  readonly late: number;
  /** How often it is later than the known role's; 0.5: nobody can tell. */
  readonly share: number;
  /** It is so often later, or earlier, that noise does not hide it. */
  readonly told: boolean;
}

/** Each kind beside the known role, for each answer. */
function compared(seen: Seen): readonly Row[] {
  const steps = seen.get("a known role")?.[0]?.times.length ?? 0;
  return kinds.map((kind) => ({
    kind,
    cells: Array.from({ length: steps }, (_, step) => {
      const [known, other] = [timesOf(seen, "a known role", step), timesOf(seen, kind, step)];
      const share = separation(other, known);
      const told = Math.abs(share - 0.5) > tolerable + 4 * deviation(other, known);
      return { median: quantile(other, 0.5), late: quantile(other, 0.9), share, told };
    }),
  }));
}

/** A tenth more often later than earlier. */
const tolerable = 0.1;

function shown({ kind, cells }: Row): string {
  const numbers = cells.map(({ median, late, share }) =>
    [
      median.toFixed(0).padStart(6),
      late.toFixed(0).padStart(6),
      `${(100 * share).toFixed(1).padStart(6)} %`,
    ].join(" "),
  );
  return `  ${kind.padEnd(22)}${numbers.join("  |")}`;
}

function timesOf(seen: Seen, kind: Kind, step: number): ReturnType<typeof sampleOf> {
  return sampleOf((seen.get(kind) ?? []).map(({ times }) => times[step] ?? Number.NaN));
}

function shuffled<T>(items: readonly T[], r: Random): readonly T[] {
  return items
    .map((item) => [r.below(2 ** 31), item] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, item]) => item);
}
