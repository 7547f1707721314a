import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFreeradius } from "@sallyport/testkit";
import type { Freeradius, ServerChoice } from "@sallyport/testkit";
import { answerTo, secret, startFakeRadius } from "./fake-radius.ts";
import type { FakeRadius, Request, Send } from "./fake-radius.ts";
import { startPair } from "./pair.ts";
import type { BothStories, Pair } from "./pair.ts";

const longPassword = "p".repeat(128);

/** What it knows of each of them (users(5)). */
const users = `app Cleartext-Password := "app-secret"
long Cleartext-Password := "${longPassword}"
one Cleartext-Password := "1"
site NAS-Identifier == "db-7", Cleartext-Password := "site-secret"
`;

/** Servers that a login may meet; with each of these it fares as with PostgreSQL. */
const behaviours: Record<string, (request: Request, send: Send) => void> = {
  accepts: (request, send) => send(answerTo(request)),
  rejects: (request, send) => send(answerTo(request, { code: 3 })),
  challenges: (request, send) => send(answerTo(request, { code: 11 })),
  is_silent: () => undefined,
  is_short: (_, send) => send(Buffer.from("hello")),
  is_empty: (_, send) => send(Buffer.alloc(0)),
  has_another_length: (request, send) => send(answerTo(request, { length: 1000 })),
  is_of_another_request: (request, send) =>
    send(answerTo(request, { identifier: (request.identifier + 1) % 256 })),
  has_another_secret: (request, send) => send(answerTo(request, { secret: "guessed" })),
  has_another_authenticator: (request, send) =>
    send(answerTo({ ...request, authenticator: Buffer.alloc(16, 7) })),
  comes_from_another_port: (request, send) => send(answerTo(request), "another port"),
  is_as_long_as_the_buffer: (request, send) => send(answerTo(request, { attributes: attributes(986) })),
  is_longer_than_the_buffer: (request, send) => send(answerTo(request, { attributes: attributes(3000) })),
  lies_first: (request, send) => {
    send(Buffer.from("hello"));
    send(answerTo(request, { secret: "guessed" }), "another port");
    send(answerTo(request));
  },
};

/** Reply-Message, as often as it takes to fill so many bytes. */
function attributes(length: number): Buffer {
  const one = Buffer.concat([Buffer.from([18, 56]), Buffer.alloc(54, "x")]);
  const all = Buffer.concat(Array.from({ length: Math.floor(length / 56) }, () => one));
  return Buffer.concat([
    all,
    Buffer.from([18, length - all.length]),
    Buffer.alloc(length - all.length - 2, "y"),
  ]);
}

let freeradius: Freeradius;
let fakes: Record<string, FakeRadius>;

beforeAll(async () => {
  freeradius = await startFreeradius({ secret, users });
  fakes = {};
  for (const [name, behave] of Object.entries(behaviours)) fakes[name] = await startFakeRadius(behave);
});

afterAll(async () => {
  for (const fake of Object.values(fakes ?? {})) await fake[Symbol.asyncDispose]();
  await freeradius?.[Symbol.asyncDispose]();
});

const portOf = (name: string): number => fakes[name]?.port ?? 0;

/** The options of the rule of each database. */
function rules(): Record<string, string> {
  const [real, silent, rejecting] = [freeradius.port, portOf("is_silent"), portOf("rejects")];
  const shared = `radiussecrets=${secret}`;
  const both = `radiusservers="127.0.0.1,127.0.0.1" ${shared}`;
  return {
    real: `radiusservers=127.0.0.1 ${shared} radiusports=${real}`,
    real6: `radiusservers="::1" ${shared} radiusports=${real}`,
    named: `radiusservers=localhost ${shared} radiusports=${real}`,
    site: `radiusservers=127.0.0.1 ${shared} radiusports=${real} radiusidentifiers=db-7`,
    second: `${both} radiusports="${silent},${real}"`,
    second_site: `${both} radiusports="${silent},${real}" radiusidentifiers="x,db-7"`,
    second_secret: `radiusservers="127.0.0.1,::1" radiussecrets="other,${secret}" radiusports="${silent},${real}"`,
    no_second: `${both} radiusports="${rejecting},${real}"`,
    none: `${both} radiusports=${silent}`,
    no_port: `radiusservers=127.0.0.1 ${shared} radiusports=${real}x`,
    second_for_no_port: `${both} radiusports="${real}x,${real}"`,
    ...Object.fromEntries(
      Object.keys(behaviours).map((name) => [
        name,
        `radiusservers=127.0.0.1 ${shared} radiusports=${portOf(name)}`,
      ]),
    ),
  };
}

/** What is tried: database, role, password. */
const logins: readonly (readonly [string, string, string])[] = [
  ["real", "app", "app-secret"],
  ["real", "app", "wrong"],
  ["real", "ghost", "app-secret"],
  ["real", "long", longPassword],
  ["real", "long", `${longPassword}p`],
  ["real", "one", "1"],
  ["real6", "app", "app-secret"],
  ["real6", "app", "wrong"],
  ["named", "app", "app-secret"],
  ["site", "site", "site-secret"],
  ["real", "site", "site-secret"],
  ["second", "app", "app-secret"],
  ["second", "app", "wrong"],
  ["second_site", "site", "site-secret"],
  ["second_secret", "app", "app-secret"],
  ["no_second", "app", "app-secret"],
  ["none", "app", "app-secret"],
  ["no_port", "app", "app-secret"],
  ["second_for_no_port", "app", "app-secret"],
  ...Object.keys(behaviours).map((name) => [name, "app", "any password"] as const),
];

const admitted: ReadonlySet<string> = new Set([
  "real app app-secret",
  `real long ${longPassword}`,
  "real one 1",
  "real6 app app-secret",
  "named app app-secret",
  "site site site-secret",
  "second app app-secret",
  "second_site site site-secret",
  "second_secret app app-secret",
  "second_for_no_port app app-secret",
  "accepts app any password",
  "is_as_long_as_the_buffer app any password",
  "lies_first app any password",
]);

const servers: readonly ServerChoice[] = [
  { build: "embedded", major: 18 },
  { build: "debian", major: 15 },
];

describe.each(servers)("beside PostgreSQL $major of $build", (choice) => {
  let pair: Pair;
  /** Of the others nobody comes so far. */
  const databases = [...new Set([...admitted].map((login) => login.split(" ")[0]))];

  beforeAll(async () => {
    const hba = Object.entries(rules()).map(([name, options]) => `host ${name} all all radius ${options}\n`);
    pair = await startPair(choice, {
      hba: hba.join(""),
      statements: [
        ...databases.map((name) => `create database ${name}`),
        ...["long", "one", "site"].map((name) => `create role ${name} login`),
      ],
    });
  });

  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
  });

  test("every login fares as there, and the log says the same", async () => {
    const byDatabase = Map.groupBy(logins, ([database]) => database);
    // Those of one database one after the other: its name tells what they logged.
    const told = await Promise.all(
      [...byDatabase.values()].map(async (all) => {
        const stories: (BothStories & { readonly what: string })[] = [];
        for (const [database, user, password] of all) {
          const both = await pair.knock(database, user, { env: { PGPASSWORD: password } });
          stories.push({ what: `${database} ${user} ${password}`, ...both });
        }
        return stories;
      }),
    );
    const stories = told.flat();
    expect(stories.map(({ what, gate }) => ({ what, ...gate }))).toEqual(
      stories.map(({ what, postgres }) => ({ what, ...postgres })),
    );
    const comeIn = stories.filter(({ gate }) => gate.status === 0).map(({ what }) => what);
    expect(new Set(comeIn)).toEqual(admitted);
    for (const planted of [secret, longPassword, "app-secret", "site-secret", "any password"]) {
      expect(pair.gate.log()).not.toContain(planted);
    }
  }, 120_000);
});
