import { describe, expect, test } from "vitest";
import type { AuthenticationRequest } from "@sallyport/wire";
import { gss } from "./gss.ts";
import type { ClientAnswer } from "./exchange.ts";
import type { GssAcceptor, GssLogin, GssPrincipal, GssStep } from "./gss.ts";
import type { MethodOutcome } from "./outcome.ts";

const token = (text: string): ClientAnswer => ({ kind: "message", body: Buffer.from(text) });
const step = (kind: "continue" | "complete", answer = ""): GssStep => ({ kind, answer: Buffer.from(answer) });
const principal: GssPrincipal = { name: "alice@EXAMPLE.COM" };

interface Scene {
  readonly answers?: readonly ClientAnswer[];
  readonly steps?: readonly GssStep[];
  readonly principal?: GssPrincipal;
  readonly encryption?: GssPrincipal;
  readonly noCredentials?: string;
}

interface Played {
  readonly outcome: MethodOutcome;
  readonly asked: readonly string[];
  readonly accepted: readonly string[];
  readonly logged: readonly string[];
  readonly closed: number;
}

async function play(scene: Scene): Promise<Played> {
  const [answers, steps] = [[...(scene.answers ?? [])], [...(scene.steps ?? [])]];
  const [asked, accepted, logged]: [string[], string[], string[]] = [[], [], []];
  let closed = 0;
  const acceptor: GssAcceptor = {
    accept: async (bytes) => {
      accepted.push(bytes.toString());
      return await Promise.resolve(steps.shift() ?? step("continue"));
    },
    principal: () => scene.principal ?? principal,
    close: () => {
      closed += 1;
    },
  };
  const login: GssLogin = {
    exchange: {
      request: (request: AuthenticationRequest) => {
        asked.push("data" in request ? `${request.kind} ${request.data.toString()}` : request.kind);
      },
      answer: async (what, maxLength) => {
        expect([what, maxLength]).toEqual(["GSS", 65_535]);
        return await Promise.resolve(answers.shift() ?? token("more"));
      },
    },
    log: (message, { detail } = {}) => logged.push(detail === undefined ? message : `${message} | ${detail}`),
    signal: new AbortController().signal,
    encryption: scene.encryption ?? null,
    begin: async () =>
      await Promise.resolve(scene.noCredentials === undefined ? acceptor : { status: scene.noCredentials }),
  };
  const outcome = await gss(login);
  return { outcome, asked, accepted, logged, closed };
}

const proved = { kind: "proved", identity: "alice@EXAMPLE.COM", last: null };
const failed = { kind: "failed", reason: null };

describe("the method gss", () => {
  test("asks for a token, answers it, and takes the whole principal for the identity", async () => {
    expect(await play({ answers: [token("one")], steps: [step("complete", "mutual")] })).toEqual({
      outcome: proved,
      asked: ["gss", "gss_continue mutual"],
      accepted: ["one"],
      logged: [],
      closed: 1,
    });
  });

  test("goes on for as long as the library does", async () => {
    const played = await play({
      answers: [token("one"), token("two")],
      steps: [step("continue", "go on"), step("complete")],
    });
    expect(played).toMatchObject({
      outcome: proved,
      asked: ["gss", "gss_continue go on"],
      accepted: ["one", "two"],
    });
  });

  test("but not for ever", async () => {
    const { outcome, accepted, closed } = await play({});
    expect({ outcome, closed, tokens: accepted.length }).toEqual({ outcome: failed, closed: 1, tokens: 32 });
  });

  test("asks nothing of whom a ticket encrypts the connection", async () => {
    expect(await play({ encryption: principal })).toMatchObject({ outcome: proved, asked: [], closed: 0 });
  });

  test("sends the library's own word of the failure before it fails", async () => {
    const step: GssStep = {
      kind: "failed",
      answer: Buffer.from("expired"),
      status: "Failure: Ticket expired",
    };
    expect(await play({ answers: [token("one")], steps: [step] })).toMatchObject({
      outcome: failed,
      asked: ["gss", "gss_continue expired"],
      logged: ["accepting GSS security context failed | Failure: Ticket expired"],
      closed: 1,
    });
  });

  test.for(["gone", "too_long"] as const)("has failed if the client is %s", async (kind) => {
    expect(await play({ answers: [{ kind }] })).toMatchObject({ outcome: failed, logged: [], closed: 0 });
    const second = await play({ answers: [token("one"), { kind }], steps: [step("continue")] });
    expect(second).toMatchObject({ outcome: failed, closed: 1 });
  });

  test("asks the client before it looks for credentials, as PostgreSQL does", async () => {
    expect(await play({ answers: [token("one")], noCredentials: "none" })).toMatchObject({
      outcome: failed,
      asked: ["gss"],
      logged: ["accepting GSS security context failed | none"],
    });
  });

  test("takes no client for anybody whose name cannot be had", async () => {
    const steps = [step("complete")];
    const answers = [token("one")];
    expect(await play({ answers, steps, principal: { status: "no name" } })).toMatchObject({
      outcome: failed,
      logged: ["retrieving GSS user name failed | no name"],
      closed: 1,
    });
    for (const name of ["", "alice\0@EXAMPLE.COM"])
      expect(await play({ answers, steps, principal: { name } })).toMatchObject({ outcome: failed });
  });
});
