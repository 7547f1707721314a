import { decodeSaslInitialResponse, Proof, scramMechanisms, ScramServer } from "@sallyport/wire";
import type { ScramSecret } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { ClientAnswer, Exchange } from "./exchange.ts";
import type { MethodOutcome } from "./outcome.ts";
import { mockSecret, usableSecret } from "./stored-secret.ts";
import type { PasswordLogin } from "./stored-secret.ts";

/** A SCRAM message is short: PostgreSQL's `PG_MAX_SASL_MESSAGE_LENGTH`, counting the length word. */
const longestMessage = 1024;

/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677; manual, 20.5). A role that cannot log in this way (unknown, without password,
 * expired, with an MD5 secret) goes through the same exchange with a mock secret, and fails at its end.
 */
export async function scramSha256(exchange: Exchange, login: PasswordLogin): Promise<MethodOutcome> {
  const { secret, reason, reasonAtOnce } = challengeSecret(login);
  const mechanisms = scramMechanisms(login.channelBinding);
  exchange.request({ kind: "sasl", mechanisms });

  const first = await exchange.answer("SASL", longestMessage);
  if (first.kind !== "message") return cutShort(first, reasonAtOnce);
  const initial = decodeSaslInitialResponse(first.body, mechanisms);
  const server = new ScramServer({
    mechanism: initial.mechanism === "SCRAM-SHA-256-PLUS" ? initial.mechanism : "SCRAM-SHA-256",
    secret,
    doomed: reason !== null,
    channelBinding: login.channelBinding,
    nonce: login.random(18),
    keepClientKey: login.passOn === true,
  });
  let data: Bytes | null = initial.data === null ? null : initial.data.toString("latin1");
  for (;;) {
    const step = server.step(data);
    if (step.kind === "failure") return { kind: "failed", reason };
    const bytes = Buffer.from(step.data, "latin1");
    if (step.kind === "success") {
      const { clientKey } = step;
      const proof = clientKey ? new Proof({ scram: { secret, clientKey } }) : undefined;
      return { kind: "proved", identity: login.role, last: { kind: "sasl_final", data: bytes }, proof };
    }
    exchange.request({ kind: "sasl_continue", data: bytes });
    const next = await exchange.answer("SASL", longestMessage);
    if (next.kind !== "message") return cutShort(next, reasonAtOnce);
    data = next.body.toString("latin1");
  }
}

/** Whoever breaks off never hears what would have been the end. */
function cutShort({ kind }: Exclude<ClientAnswer, { kind: "message" }>, reason: Bytes | null): MethodOutcome {
  return kind === "gone" ? { kind } : { kind: "failed", reason };
}

interface Challenge {
  readonly secret: ScramSecret;
  /** Why it is a mock one; null: it is the role's own. */
  readonly reason: Bytes | null;
  /** That reason, if PostgreSQL logs it of an exchange that is cut short, too: a secret of another kind it does not. */
  readonly reasonAtOnce: Bytes | null;
}

/** The role's own secret, or a mock one and why. The mock one is made in any case, since making it takes its time. */
function challengeSecret(login: PasswordLogin): Challenge {
  const mock = mockSecret(login);
  const found = usableSecret(login);
  if (found.reason === null && found.kind === "scram-sha-256") {
    return { secret: found.secret, reason: null, reasonAtOnce: null };
  }
  const reason = found.reason ?? `User "${login.role}" does not have a valid SCRAM secret.`;
  return { secret: mock, reason, reasonAtOnce: found.reason };
}
