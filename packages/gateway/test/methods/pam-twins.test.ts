import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canMount, pamChatty, pamMatrix } from "@sallyport/testkit";
import { encodeMessage, encodeQuery } from "@sallyport/wire";
import { answering } from "./pam-client.ts";
import type { Answer } from "./pam-client.ts";
import { startPamTwins } from "./pam-twins.ts";
import type { PamTwins } from "./pam-twins.ts";

/** A service, its modules, and what clients say to it. */
interface Case {
  /** Null: there is no such file, nor one of the name `other`. */
  readonly modules: readonly string[] | null;
  readonly options?: string;
  readonly clients: readonly (readonly Answer[])[];
  readonly user?: string;
}

const matrix = `${pamMatrix} passdb=DIR/passwords`;
const passes = "account required pam_permit.so";
const right = ["app-secret"];

const cases: Readonly<Record<string, Case>> = {
  matrix: {
    modules: [`auth required ${matrix}`, `account required ${matrix}`],
    clients: [
      right,
      ["wrong"],
      [""],
      [null],
      ["x".repeat(5000)],
      [encodeMessage("p", Buffer.from("app-secret\0behind\0"))],
      [encodeMessage("p", Buffer.from("no end"))],
      [encodeMessage("p", Buffer.alloc(70_000, "x"))],
      [encodeQuery("select 1")],
    ],
  },
  unknown_role: { modules: ["auth required pam_permit.so", passes], clients: [[]], user: "ghost" },
  no_ascii: {
    modules: [`auth required ${matrix}`, passes],
    clients: [["\xc3\xa9t\xe9"], ["\xc3\xa9te"]],
    user: "J\xc3\xb6rg",
  },
  never_asks: { modules: ["auth required pam_permit.so", passes], clients: [[]] },
  denies: { modules: ["auth required pam_deny.so", passes], clients: [right] },
  account_denied: { modules: ["auth required pam_permit.so", "account required pam_deny.so"], clients: [[]] },
  expired: {
    modules: ["auth required pam_permit.so", "account required pam_debug.so acct=acct_expired"],
    clients: [[]],
  },
  renewal: {
    modules: ["auth required pam_permit.so", "account required pam_debug.so acct=new_authtok_reqd"],
    clients: [[]],
  },
  role_unknown_to_pam: { modules: [`auth required ${matrix}`, passes], clients: [right], user: "ghost" },
  no_module: { modules: ["auth required pam_nowhere.so", passes], clients: [right] },
  no_service: { modules: null, clients: [right] },
  echo: { modules: [`auth required ${matrix} echo`, passes], clients: [right] },
  talks: {
    modules: [`auth required ${pamChatty} error info num_lines=3`, `auth required ${matrix}`, passes],
    clients: [right, ["wrong"]],
  },
  asks_twice: {
    modules: [
      "auth required pam_exec.so expose_authtok quiet DIR/first",
      `auth required ${pamMatrix} passdb=DIR/others`,
      passes,
    ],
    clients: [
      ["app-secret", "other-secret"],
      ["app-secret", "app-secret"],
      ["app-secret", null],
      ["app-secret", ""],
    ],
  },
  asks_at_account: {
    modules: ["auth required pam_permit.so", `account required ${matrix}`],
    clients: [[]],
  },
  address: {
    modules: ["auth required pam_succeed_if.so quiet rhost = 127.0.5.1", passes],
    clients: [[]],
  },
  name: {
    modules: ["auth required pam_succeed_if.so quiet rhost = client.example.com", passes],
    options: "pam_use_hostname=1",
    clients: [[]],
  },
  script: {
    modules: ["auth required pam_exec.so expose_authtok DIR/first", passes],
    clients: [right, ["wrong"]],
  },
};

const names = Object.keys(cases);
const statements = ['create role "J\u00f6rg" login', ...names.map((name) => `create database ${name}`)];

describe.skipIf(!canMount)("beside a PostgreSQL 15 with the same services, a gate", () => {
  let twins: PamTwins;

  beforeAll(async () => {
    const rule = (name: string): string =>
      `host ${name} all all pam pamservice=${name} ${cases[name]?.options ?? ""}\n`;
    twins = await startPamTwins(
      { hba: names.map(rule).join(""), statements },
      {
        services: Object.fromEntries(
          Object.entries(cases).flatMap(([name, { modules }]) => (modules === null ? [] : [[name, modules]])),
        ),
        files: {
          passwords: `${names.map((name) => `app:app-secret:${name}\n`).join("")}J\xc3\xb6rg:\xc3\xa9t\xe9:no_ascii\n`,
          others: "app:other-secret:asks_twice\n",
          first: '#!/bin/sh\nread -r given\ntest "$given" = app-secret\n',
        },
      },
    );
  });

  afterAll(async () => {
    await twins?.[Symbol.asyncDispose]();
  });

  test.for(names)("says and logs the same: %s", async (name) => {
    const { clients, user = "app" } = cases[name] ?? { clients: [] };
    for (const answers of clients) {
      const before = await twins.logs();
      const knock = async (port: number): Promise<readonly string[]> =>
        await answering({ host: "127.0.0.1", port, localAddress: "127.0.5.1" }, user, name, answers);
      const [gate, postgres] = [await knock(twins.ports.gate), await knock(twins.ports.postgres)];
      expect({ answers, heard: gate }).toEqual({ answers, heard: postgres });
      const isOver = (lines: readonly string[]): boolean =>
        lines.some((line) => /FATAL|disconnection/.test(line)) || !/^(?:FATAL|ready)/.test(gate.at(-1) ?? "");
      const added = async (): Promise<Record<"gate" | "postgres", readonly string[]>> => {
        const after = await twins.logs();
        return {
          gate: comparable(after.gate.slice(before.gate.length)),
          postgres: comparable(after.postgres.slice(before.postgres.length)),
        };
      };
      let lines = await added();
      while (!isOver(lines.gate) || !isOver(lines.postgres)) {
        await delay(10);
        lines = await added();
      }
      expect({ answers, log: lines.gate }).toEqual({ answers, log: lines.postgres });
    }
  });
});

/** Without what one server alone can know: places, ports, times, the upstream; and the catalogue's session. */
function comparable(log: string): readonly string[] {
  return log
    .split("\n")
    .filter((line) => /^\S+ 127\./.test(line) && !line.includes("connection ready"))
    .map((line) =>
      line
        .replace(/\([^ ()]*\/pg_hba\.conf:(\d+)\)/, "(line $1)")
        .replace(/matched (?:file "[^"]*"|pg_hba\.conf) line/, "matched line")
        .replace(/port=\d+/, "port=PORT")
        .replace(/session time: [\d:.]+/, "session time")
        .replace(/ upstream=.*/, ""),
    );
}
