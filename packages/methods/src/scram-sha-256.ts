import {
  decodeSaslInitialResponse,
  mockScramSecret,
  parseStoredPassword,
  scramMechanisms,
  ScramServer,
} from "@sallyport/wire";
import type { ScramSecret } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { Exchange } from "./exchange.ts";
import type { MethodOutcome } from "./outcome.ts";
import { unusable } from "./stored-secret.ts";
import type { StoredSecret } from "./stored-secret.ts";

/** A SCRAM message is short: PostgreSQL's `PG_MAX_SASL_MESSAGE_LENGTH`, counting the length word. */
const longestMessage = 1024;

export interface ScramInput {
  /** The role of the startup packet: the name inside the SCRAM messages is ignored. */
  readonly role: Bytes;
  readonly stored: StoredSecret;
  /** 32 bytes that make the salts of the mock exchange, stable for this gate. */
  readonly mockKey: Buffer;
  /** `scram_iterations` of the mock exchange, so that it looks like the others. */
  readonly iterations: number;
  readonly random: (length: number) => Buffer;
}

/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677; manual, 20.5). A role that cannot log in this way (unknown, without password,
 * expired, with an MD5 secret) goes through the same exchange with a mock secret, and fails at its end.
 */
export async function scramSha256(exchange: Exchange, input: ScramInput): Promise<MethodOutcome> {
  const { secret, reason } = usableSecret(input);
  const mechanisms = scramMechanisms(null);
  exchange.request({ kind: "sasl", mechanisms });

  const first = await exchange.answer("SASL", longestMessage);
  if (first.kind !== "message") return first.kind === "gone" ? first : { kind: "failed", reason };
  const initial = decodeSaslInitialResponse(first.body, mechanisms);
  const server = new ScramServer({
    mechanism: "SCRAM-SHA-256",
    secret,
    doomed: reason !== null,
    channelBinding: null,
    nonce: input.random(18),
  });
  let data: Bytes | null = initial.data === null ? null : initial.data.toString("latin1");
  for (;;) {
    const step = server.step(data);
    if (step.kind === "failure") return { kind: "failed", reason };
    const bytes = Buffer.from(step.data, "latin1");
    if (step.kind === "success") {
      return { kind: "proved", identity: input.role, last: { kind: "sasl_final", data: bytes } };
    }
    exchange.request({ kind: "sasl_continue", data: bytes });
    const next = await exchange.answer("SASL", longestMessage);
    if (next.kind !== "message") return next.kind === "gone" ? next : { kind: "failed", reason };
    data = next.body.toString("latin1");
  }
}

/** The role's own secret, or a mock one and why. */
function usableSecret({ role, stored, mockKey, iterations }: ScramInput): {
  secret: ScramSecret;
  reason: Bytes | null;
} {
  const reason = unusable(role, stored);
  const parsed = reason === null ? parseStoredPassword(stored.secret ?? "") : null;
  if (parsed?.kind === "scram-sha-256") return { secret: parsed.secret, reason: null };
  return {
    secret: mockScramSecret(role, mockKey, iterations),
    reason: reason ?? `User "${role}" does not have a valid SCRAM secret.`,
  };
}
