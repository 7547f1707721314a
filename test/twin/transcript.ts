import {
  decodeAuthentication,
  decodeDataRow,
  decodeNegotiateProtocolVersion,
  decodeParameterStatus,
} from "@sallyport/wire";
import type { Message } from "@sallyport/wire";
import type { LoginAttempt } from "@sallyport/testkit";
import type { Request } from "./answers.ts";
import type { Seen } from "./client.ts";
import {
  comparedFields,
  inAnyOrder,
  maskedBackendKey,
  maskedMd5Salt,
  maskedNonce,
  maskedSalt,
} from "./may-differ.ts";
import type { MockSalts } from "./may-differ.ts";

/** What is known beside a conversation: the salts that are real, and those that this side has made up so far. */
export interface Salts {
  readonly secrets: ReadonlySet<string>;
  readonly mocks: MockSalts;
}

/** What a client saw, one line each, as far as twins must agree on it. */
export function transcript(attempt: LoginAttempt, seen: readonly Seen[], salts: Salts): readonly string[] {
  return inAnyOrder(
    withoutVainTls(seen).map((one) => {
      if (one.kind === "end") return `end: ${one.how}`;
      if (one.kind === "bytes") return `bytes ${quoted(one.bytes.toString("latin1"))}`;
      if (one.kind === "tls") return `TLS ${one.words}`;
      return shown(attempt, one.message, salts);
    }),
  );
}

/**
 * TLS counts when something was said within it. A client of TLS 1.3 is through before the server has looked at its
 * certificate; a gateway closes where a server sends an alert (docs/differences.md).
 */
function withoutVainTls(seen: readonly Seen[]): readonly Seen[] {
  return seen.filter((one, at) => one.kind !== "tls" || seen[at + 1]?.kind !== "end");
}

function shown(attempt: LoginAttempt, { type, body }: Message, salts: Salts): string {
  switch (type) {
    case "R":
      return `R ${body.readInt32BE(0)} ${request(attempt, decodeAuthentication(body), salts)} (${body.length} bytes)`;
    case "E":
    case "N":
      return [type, ...comparedFields(body).map(quoted)].join(" ");
    case "S": {
      const { name, value } = decodeParameterStatus(body);
      return `S ${name} = ${quoted(value)}`;
    }
    case "K":
      return `K ${maskedBackendKey(body)}`;
    case "v":
      return `v ${JSON.stringify(decodeNegotiateProtocolVersion(body))}`;
    case "D":
      return `D ${JSON.stringify(decodeDataRow(body))}`;
    default:
      return `${type} ${quoted(body.toString("latin1"))}`;
  }
}

function request({ user, answers }: LoginAttempt, asked: Request, { secrets, mocks }: Salts): string {
  switch (asked.kind) {
    case "md5_password":
      return `MD5, salt: ${maskedMd5Salt(asked.salt)}`;
    case "sasl":
      return `SASL ${asked.mechanisms.join(" ")}`;
    case "sasl_continue": {
      const message = asked.data.toString("latin1");
      const [, nonce = "", salt, rest = ""] = /^r=([^,]*),s=([^,]*),(.*)$/s.exec(message) ?? [];
      if (salt === undefined) return `SASL ${quoted(message)}`;
      const clientNonce = /,r=([^,]*)/.exec(answers.first)?.[1] ?? "";
      return `SASL r=(${maskedNonce(nonce, clientNonce)}) s=(${maskedSalt(salt, user, secrets, mocks)}) ${rest}`;
    }
    case "sasl_final":
      return `SASL ${asked.data.toString("latin1").replace(/^v=[A-Za-z0-9+/]{43}=$/, "v=(a signature)")}`;
    default:
      return asked.kind;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
