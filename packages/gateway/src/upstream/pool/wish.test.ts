import { describe, expect, test } from "vitest";
import { buildScramSecret, Proof, SecretBytes } from "@sallyport/wire";
import type { ConnectionOptions, StartupPacket } from "@sallyport/wire";
import type { UpstreamAccess } from "../access.ts";
import { likenessOf } from "./wish.ts";

const packet: StartupPacket = {
  protocol: { major: 3, minor: 0 },
  user: "app",
  database: "shop",
  options: null,
  replication: false,
  parameters: [["application_name", "x"]],
  unknownProtocolOptions: [],
};
const row = { ground: { fingerprint: "f", reusable: true, admits: true } };
const upstream: ConnectionOptions = { hosts: [{ host: "/s", port: 5432 }], user: "s", database: "d" };
const service: UpstreamAccess = { kind: "service" };
const secret = await buildScramSecret(Buffer.from("secret"), Buffer.alloc(16), 4096);
const scram = { secret, clientKey: new SecretBytes(Buffer.alloc(32)) };

function passing(proof: Proof | null, unjudged = false): UpstreamAccess {
  return { kind: "passthrough", proof, unjudged, line: "", method: "" };
}

function like(
  access: UpstreamAccess,
  more: Partial<StartupPacket> = {},
  source: "pg_authid" | "query" | "file" = "pg_authid",
): string | null {
  return likenessOf({ ...packet, ...more }, row, access, upstream, { auth_source: source })?.key ?? null;
}

describe("a session may be somebody else's afterwards", () => {
  test.each([
    ["by the gateway's own credential", service],
    ["by nothing, as behind trust", passing(null)],
    ["by SCRAM", passing(new Proof({ scram }))],
    ["by a password that was held against a SCRAM secret", passing(new Proof({ scram, password: "p" }))],
    [
      "by a password that was held against an MD5 secret",
      passing(new Proof({ md5Digest: "d", password: "p" })),
    ],
  ])("%s", (_, access) => {
    expect(like(access)).not.toBeNull();
  });

  test("of whoever logs in by the same means, and of nobody else", () => {
    const keys = [
      service,
      passing(null),
      passing(new Proof({ scram })),
      passing(new Proof({ md5Digest: "d" })),
    ].map((access) => like(access));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("with the same parameters, and no others", () => {
    const keys = [
      like(service),
      like(service, { options: "" }),
      like(service, { options: "-c x=1" }),
      like(service, { parameters: [] }),
      like(service, { parameters: [["application_name", "y"]] }),
      like(service, { database: "shopx", user: "ap" }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("nobody gets it afterwards", () => {
  test.each([
    ["if only the upstream has judged the password", passing(new Proof({ password: "p" }), true)],
    ["if a directory has, which has a secret of its own", passing(new Proof({ password: "p" }))],
  ])("%s", (_, access) => {
    expect(like(access)).toBeNull();
  });

  test("if the secret came from a file, which does not know that it has changed", () => {
    const access = passing(new Proof({ scram }));
    expect(like(access, {}, "query")).not.toBeNull();
    expect(like(access, {}, "file")).toBeNull();
    expect(like(service, {}, "file")).not.toBeNull();
  });

  test.each([
    "-c role=helper",
    "-c r\\ole=helper",
    "--ROLE=helper",
    "-c session_authorization=helper",
    "-c session-authorization=helper",
  ])("if the client has asked for another role by %s", (options) => {
    expect(like(service, { options })).toBeNull();
  });

  test("if it is one of replication, or the server has to be of a kind", () => {
    expect(like(service, { replication: "database" })).toBeNull();
    const primary = { ...upstream, settings: new Map([["target_session_attrs", "primary"]]) };
    expect(likenessOf(packet, row, service, primary, { auth_source: "pg_authid" })).toBeNull();
    const hosts = [...upstream.hosts, ...upstream.hosts];
    const ordered = { ...upstream, hosts };
    expect(likenessOf(packet, row, service, ordered, { auth_source: "pg_authid" })).toBeNull();
    const random = { ...ordered, settings: new Map([["load_balance_hosts", "random"]]) };
    expect(likenessOf(packet, row, service, random, { auth_source: "pg_authid" })).not.toBeNull();
  });
});
