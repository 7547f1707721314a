import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandResult } from "@sallyport/testkit";
import { libpq15, libpq18 } from "../clients/libpq.ts";
import type { Libpq } from "../clients/libpq.ts";
import { startTlsTwins } from "./twins.ts";
import type { TlsTwins } from "./twins.ts";

const hba = `host all testuser 127.0.0.1/32 trust
hostnossl all nossluser 127.0.0.1/32 trust
hostnogssenc all nogssuser 127.0.0.1/32 trust
hostssl all ssluser 127.0.0.1/32 trust
hostgssenc all gssuser 127.0.0.1/32 trust
local all localuser trust
`;
const users = ["testuser", "nossluser", "nogssuser", "ssluser", "gssuser", "localuser"];

/** What libpq is told of encryption. */
const ways = (modes: readonly string[], more: readonly string[]): readonly string[] =>
  modes.flatMap((mode) => more.map((rest) => `sslmode=${mode} ${rest}`));
const oldWays = ways(
  ["disable", "allow", "prefer", "require"],
  ["gssencmode=disable", "gssencmode=prefer", "gssencmode=require"],
);
const newWays = [
  ...ways(["disable", "allow", "prefer", "require"], ["sslnegotiation=postgres"]),
  ...ways(["prefer", "require"], ["sslnegotiation=direct"]),
];

describe.for(["on", "off"] as const)("with ssl = %s", (ssl) => {
  let twins: TlsTwins;

  beforeAll(async () => {
    twins = await startTlsTwins({
      hba,
      ssl,
      statements: users.map((user) => `create role ${user} login`),
    });
  });

  afterAll(async () => {
    await twins?.[Symbol.asyncDispose]();
  });

  const rows: (readonly [title: string, libpq: Libpq, way: string])[] = [
    ...oldWays.map((way) => [`${libpq15.name}, ${way}`, libpq15, way] as const),
    ...newWays.map((way) => [`${libpq18.name}, ${way}`, libpq18, way] as const),
  ];
  test.for(rows)("each user fares with the gateway as with PostgreSQL: %s", async ([, libpq, way]) => {
    const letters: string[] = [];
    for (const user of users) {
      const { gate, postgres } = await twins.knock(libpq, `${way} user=${user}`);
      expect({ user, ...outcome(gate) }).toEqual({ user, ...outcome(postgres) });
      letters.push(letter(gate));
    }
    // The table of PostgreSQL's own suite, where no ticket of Kerberos is at hand.
    expect(letters.join("")).toBe(expected(ssl, way));
  });
});

/** For each user: in plain, in by SSL, or refused. */
function expected(ssl: "on" | "off", way: string): string {
  const [, mode = ""] = /sslmode=(\w+)/.exec(way) ?? [];
  if (way.includes("gssencmode=require")) return "------";
  if (way.includes("direct")) return mode === "require" && ssl === "on" ? "S-SS--" : "------";
  if (ssl === "off") return mode === "require" ? "------" : "PPP---";
  return { disable: "PPP---", allow: "PPPS--", prefer: "SPSS--", require: "S-SS--" }[mode] ?? "";
}

function letter({ status, stdout }: CommandResult): string {
  if (status !== 0) return "-";
  return stdout.includes("SSL connection") ? "S" : "P";
}

/** In or out, by what encryption, and what psql says of it, without what differs by chance. */
function outcome({ status, stdout, stderr }: CommandResult): object {
  const encryption = /^SSL connection \((.*)\)$/m.exec(stdout)?.[1] ?? "none";
  const said = stderr.replaceAll(/port \d+/g, "port N");
  return status === 0 ? { status, encryption } : { status, said };
}
