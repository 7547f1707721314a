/** `target_session_attrs`: whether a session is of the kind that is asked for: manual, "Parameter Key Words". */
import type { Duplex } from "node:stream";
import { WireError } from "../errors.ts";
import { MessageReader } from "../frame/message-reader.ts";
import { encodeMessage } from "../message/body.ts";
import { encodeQuery, encodeTerminate } from "../message/query.ts";
import { decodeReadyForQuery } from "../message/session.ts";
import { Answer } from "./answer.ts";
import type { Session } from "./start-session.ts";

/** The kinds of session that may be asked for. */
export type WantedSession = "any" | "read-write" | "read-only" | "primary" | "standby";

/**
 * What each pass over the hosts asks for: under `prefer-standby` a standby, and if there is none whatever there is.
 *
 * @param attributes the value of `target_session_attrs`, checked before
 */
export function passesOf(attributes: string): readonly WantedSession[] {
  switch (attributes) {
    case "read-write":
    case "read-only":
    case "primary":
    case "standby":
      return [attributes];
    case "prefer-standby":
      return ["standby", "any"];
    default:
      return ["any"];
  }
}

/** Something to know of a session. Servers from 14 on report it; older ones are asked. */
interface Question {
  /** null if the server has not reported it. */
  readonly reported: (valueOf: (parameter: string) => string | undefined) => boolean | null;
  readonly sql: string;
  /** How libpq calls the query when it fails. */
  readonly called: string;
  readonly yes: string;
}

const readOnly: Question = {
  reported: (valueOf) => {
    const byDefault = valueOf("default_transaction_read_only");
    const inHotStandby = valueOf("in_hot_standby");
    return byDefault === undefined || inHotStandby === undefined
      ? null
      : byDefault === "on" || inHotStandby === "on";
  },
  sql: "SHOW transaction_read_only",
  called: "SHOW transaction_read_only",
  yes: "on",
};

const inRecovery: Question = {
  reported: (valueOf) => {
    const reported = valueOf("in_hot_standby");
    return reported === undefined ? null : reported === "on";
  },
  sql: "SELECT pg_catalog.pg_is_in_recovery()",
  called: "SELECT pg_is_in_recovery()",
  yes: "t",
};

interface Want {
  readonly question: Question;
  readonly answer: boolean;
  /** What is wrong with a session whose answer is the other one, in libpq's words. */
  readonly otherwise: string;
}

const WANTS: Readonly<Record<Exclude<WantedSession, "any">, Want>> = {
  "read-write": { question: readOnly, answer: false, otherwise: "session is read-only" },
  "read-only": { question: readOnly, answer: true, otherwise: "session is not read-only" },
  primary: { question: inRecovery, answer: false, otherwise: "server is in hot standby mode" },
  standby: { question: inRecovery, answer: true, otherwise: "server is not in hot standby mode" },
};

/** Cap on all that a server says until our question is answered, in bytes. */
const MAX_ANSWER = 65_536;

/**
 * The session, if it is of the wanted kind. The answer to a question of ours goes nowhere; what the server said
 * meanwhile of its own accord is in `rest`. A session that is not taken is ended.
 *
 * @throws {WireError} `unwanted_session` in libpq's words; `peer_closed`, `timeout`, …
 */
export async function checkSession<Stream extends Duplex>(
  session: Session<Stream>,
  wanted: WantedSession,
  signal?: AbortSignal,
): Promise<Session<Stream>> {
  if (wanted === "any") {
    return session;
  }
  const { question, answer, otherwise } = WANTS[wanted];
  const valueOf = (parameter: string) => session.parameters.findLast(({ name }) => name === parameter)?.value;
  try {
    const reported = question.reported(valueOf);
    const asked = reported === null ? await ask(session, question, signal) : { yes: reported, session };
    if (asked.yes !== answer) {
      throw new WireError("unwanted_session", otherwise);
    }
    return asked.session;
  } catch (error) {
    const { stream } = session;
    if (error instanceof WireError && error.code === "unwanted_session") {
      stream.end(encodeTerminate(), () => stream.destroy());
    } else {
      stream.destroy();
    }
    throw error;
  }
}

async function ask<Stream extends Duplex>(
  session: Session<Stream>,
  { sql, called, yes }: Question,
  signal: AbortSignal | undefined,
): Promise<{ readonly yes: boolean; readonly session: Session<Stream> }> {
  const reader = new MessageReader(session.stream, session.rest);
  const answer = new Answer(MAX_ANSWER);
  const unasked: Buffer[] = [];
  let total = 0;
  try {
    session.stream.write(encodeQuery(sql));
    for (;;) {
      const message = await reader.readMessage(MAX_ANSWER, signal);
      total += message.body.length + 5;
      if (total > MAX_ANSWER) {
        throw new WireError("message_too_long", `more than ${MAX_ANSWER} bytes in answer to ${sql}`);
      }
      if (message.type === "Z") {
        const value = answer.results[0]?.rows[0]?.[0];
        if (value === undefined) {
          throw new WireError("unwanted_session", `"${called}" failed`);
        }
        const status = decodeReadyForQuery(message.body);
        const rest = Buffer.concat([...unasked, reader.release()]);
        return { yes: value === yes, session: { ...session, status, rest } };
      }
      if (["S", "N", "A"].includes(message.type)) {
        unasked.push(encodeMessage(message.type, message.body));
      } else {
        answer.add(message);
      }
      if (answer.error !== null) {
        const { severity, message: reason } = answer.error;
        throw new WireError("unwanted_session", `${severity}:  ${reason}\n"${called}" failed`, answer.error);
      }
    }
  } finally {
    reader.release();
  }
}
