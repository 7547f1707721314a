import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ldapLimits } from "@sallyport/methods";
import { systemLdap } from "../../src/index.ts";
import { answers, element, message, result, startFakeDirectory } from "./fake-directory.ts";
import type { Asked } from "./fake-directory.ts";
import { startLdapTwins } from "./ldap-twins.ts";
import type { LdapTwins } from "./ldap-twins.ts";

type Lie = (asked: Asked, socket: Socket) => void;

let twins: LdapTwins;
beforeAll(async () => {
  twins = await startLdapTwins({
    gate: {
      conf: "authentication_timeout = 20\n",
      ldap: { ...systemLdap({ LDAPNOINIT: "1" }), limits: { ...ldapLimits, operation: 1000, entries: 50 } },
    },
  });
});
afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

const simple = 'ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"';
const login = 'LDAP login failed for user "uid=test1,dc=example,dc=net" on server "127.0.0.1": ';

async function arrange(port: number, rule: string): Promise<void> {
  await twins.arrange(`ldapserver=127.0.0.1 ldapport=${port} ${rule}`);
}

const bad = (hex: string): Buffer => Buffer.from(hex, "hex");
const bindAnswer = (id: number, ...more: readonly Buffer[]): Buffer =>
  message(id, result(answers.bind, 0, "", ...more));

describe("a server that answers a bind with something else refuses, in PostgreSQL's words", () => {
  const lies: readonly (readonly [string, Lie, string])[] = [
    ["a closed connection", (_, socket) => socket.destroy(), "Can't contact LDAP server"],
    ["a reset", (_, socket) => socket.resetAndDestroy(), "Can't contact LDAP server"],
    [
      "half an answer",
      ({ id }, socket) => socket.end(bindAnswer(id).subarray(0, 6)),
      "Can't contact LDAP server",
    ],
    ["an indefinite length", (_, socket) => socket.write(bad("3080020101")), "Can't contact LDAP server"],
    ["no body", ({ id }, socket) => socket.write(message(id, element(0x61))), "Decoding error"],
    [
      "a code and no more",
      ({ id }, socket) => socket.write(message(id, element(0x61, element(0x0a, bad("00"))))),
      "Decoding error",
    ],
    [
      "a notice of disconnection",
      (_, socket) =>
        socket.write(message(0, result(answers.extended, 52, "", element(0x8a, "1.3.6.1.4.1.1466.20036")))),
      "Server is unavailable",
    ],
    [
      "a code that nobody knows",
      ({ id }, s) => s.write(message(id, result(answers.bind, 99))),
      "Unknown error",
    ],
    [
      "a referral",
      ({ id }, socket) =>
        socket.write(
          message(id, result(answers.bind, 10, "", element(0xa3, element(4, "ldap://127.0.0.1:1/")))),
        ),
      "Referral",
    ],
  ];
  test.for(lies)("%s", async ([, lie, words]) => {
    await using fake = await startFakeDirectory(lie);
    await arrange(fake.port, simple);
    const { gate, postgres } = await twins.knock("test1", "secret1");
    expect(gate.said).toBe(postgres.said);
    expect(gate.logged[0]).toBe(postgres.logged[0]);
    expect(gate.logged[0]).toBe(`00000|LOG:  ${login}${words}`);
    expect(gate.logged.at(-1)).toBe(postgres.logged.at(-1));
  });
});

describe("what OpenLDAP takes for a success, or waits for, is refused, too", () => {
  const lies: readonly (readonly [string, Lie, string])[] = [
    [
      "another protocol",
      (_, socket) => socket.write("HTTP/1.1 400 Bad Request\r\n"),
      "Can't contact LDAP server",
    ],
    [
      "an answer to nobody",
      ({ id }, socket) => socket.write(bindAnswer(id + 1)),
      "Can't contact LDAP server",
    ],
    ["the result of a search", ({ id }, s) => s.write(message(id, result(answers.done))), "Decoding error"],
    ["an element that is cut off", ({ id }, s) => s.write(bindAnswer(id, bad("040541"))), "Decoding error"],
    ["a length below zero", ({ id }, s) => s.write(bindAnswer(id, bad("0484fffffffa"))), "Decoding error"],
    [
      "bytes behind the operation",
      ({ id }, s) => s.write(element(0x30, bindAnswer(id).subarray(2), "x")),
      "Decoding error",
    ],
    ["a message of 4 GiB", (_, s) => s.write(bad("3084ffffffff0201")), "Can't contact LDAP server"],
    ["a message of 64 KiB and a byte", (_, s) => s.write(bad("3083010001")), "Can't contact LDAP server"],
    ["silence", () => undefined, "Timed out"],
    ["a byte", (_, s) => s.write("0"), "Timed out"],
  ];
  test.for(lies)("%s", async ([, lie, words]) => {
    await using fake = await startFakeDirectory(lie);
    await arrange(fake.port, simple);
    const { stderr } = await twins.gate().psql("test1", ["-c", "select 1"]);
    expect(stderr).toContain('FATAL:  LDAP authentication failed for user "test1"');
    expect(await twins.gate().logged(login)).toContain(`${login}${words}`);
  });

  test("silence, when the time of the way in is shorter", async () => {
    await using fake = await startFakeDirectory(() => undefined);
    await twins.arrange(
      `ldapserver=127.0.0.1 ldapport=${fake.port} ${simple}`,
      "authentication_timeout = 1\n",
    );
    const { stderr } = await twins.gate().psql("test1", ["-c", "select 1"]);
    expect(stderr).toContain("server closed the connection unexpectedly");
  });
});

describe("a search", () => {
  /** Binds everybody, and does the rest. */
  const after =
    (lie: Lie): Lie =>
    (asked, socket) => {
      if (asked.operation === 0x60) socket.write(bindAnswer(asked.id));
      else if (asked.operation === 0x63) lie(asked, socket);
    };
  const entry = (dn: string): Buffer => element(answers.entry, element(4, dn), element(0x30));
  /** An entry whose name needs lengths of two bytes. */
  const longMessage = (id: number, dn: string): Buffer => {
    const long = (tag: number, ...parts: readonly Buffer[]): Buffer => {
      const content = Buffer.concat(parts);
      return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 255]), content]);
    };
    const found = long(answers.entry, long(4, Buffer.from(dn)), element(0x30));
    return long(0x30, element(0x02, Buffer.from([id])), found);
  };
  const search = 'could not search LDAP for filter "(uid=test1)" on server "127.0.0.1": ';

  const lies: readonly (readonly [string, Lie, string])[] = [
    [
      "that ends in a bind",
      ({ id }, s) => s.write(message(id, result(answers.bind))),
      `${search}Decoding error`,
    ],
    [
      "whose entry has no name",
      ({ id }, s) => s.write(message(id, element(answers.entry))),
      `${search}Decoding error`,
    ],
    [
      "that never ends",
      ({ id }, s) => {
        for (let count = 0; count < 60; count++) s.write(message(id, entry("uid=x")));
      },
      `${search}Size limit exceeded`,
    ],
    [
      "that says more than it may in all",
      ({ id }, s) => {
        for (let count = 0; count < 20; count++) s.write(longMessage(id, "x".repeat(60_000)));
      },
      `${search}Can't contact LDAP server`,
    ],
    [
      "that leads elsewhere",
      ({ id }, s) => {
        s.write(message(id, element(answers.reference, element(4, "ldap://127.0.0.1:1/dc=x"))));
        s.write(message(id, result(answers.done)));
      },
      'LDAP user "test1" does not exist',
    ],
    [
      "that finds the root",
      ({ id }, s) => {
        s.write(Buffer.concat([message(id, entry("")), message(id, result(answers.done))]));
      },
      "LDAP authentication without a DN is not supported",
    ],
    ["without an answer", () => undefined, `${search}Timed out`],
  ];
  test.for(lies)("%s lets nobody in", async ([, lie, words]) => {
    await using fake = await startFakeDirectory(after(lie));
    await arrange(fake.port, "ldapbasedn=dc=x");
    const { stderr } = await twins.gate().psql("test1", ["-c", "select 1"]);
    expect(stderr).toContain('FATAL:  LDAP authentication failed for user "test1"');
    expect(await twins.gate().logged(words)).toContain(`LOG:  ${words}`);
  });
});

test("what a server is asked is what PostgreSQL asks it", async () => {
  await using fake = await startFakeDirectory(({ id, operation }, socket) => {
    if (operation === 0x60) socket.write(bindAnswer(id));
    if (operation !== 0x63) return;
    const found = element(answers.entry, element(4, "uid=found"), element(0x30));
    socket.write(Buffer.concat([message(id, found), message(id, result(answers.done))]));
  });
  await arrange(
    fake.port,
    'ldapbasedn=dc=x ldapbinddn=cn=y ldapbindpasswd=z ldapsearchfilter="(|(uid=$username)(a=b*))"',
  );
  const both = await twins.knock("test1", "secret1");
  expect(both.gate).toEqual(both.postgres);
  const requests = fake.asked
    .filter(({ operation }) => operation !== 0x42)
    .map(({ bytes }) => bytes.toString("hex"));
  expect(requests).toHaveLength(6);
  expect(requests.slice(0, 3)).toEqual(requests.slice(3));
});

describe("StartTLS", () => {
  test.for<readonly [string, Lie, string]>([
    [
      "with an answer stuffed behind it by whoever is in between",
      ({ id }, s) => s.write(Buffer.concat([message(id, result(answers.extended)), bindAnswer(2)])),
      "Connect error",
    ],
    [
      "that the server refuses",
      ({ id }, s) => s.write(message(id, result(answers.extended, 52))),
      "Server is unavailable",
    ],
    ["answered as a bind is", ({ id }, s) => s.write(bindAnswer(id)), "Decoding error"],
    ["without an answer", () => undefined, "Timed out"],
    ["that leads nowhere", ({ id }, s) => s.end(message(id, result(answers.extended))), "Connect error"],
  ])("%s sends no password", async ([, lie, words]) => {
    await using fake = await startFakeDirectory((asked, socket) => {
      if (asked.operation === 0x77) lie(asked, socket);
    });
    await arrange(fake.port, `${simple} ldaptls=1`);
    const { stderr } = await twins.gate().psql("test1", ["-c", "select 1"]);
    expect(stderr).toContain('FATAL:  LDAP authentication failed for user "test1"');
    expect(await twins.gate().logged("could not start LDAP TLS session")).toContain(`session: ${words}\n`);
    expect(fake.asked.map(({ operation }) => operation)).toEqual([0x77]);
  });
});
