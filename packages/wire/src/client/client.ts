/** A small client: queries, prepared statements, pipelining. */
import type { Socket } from "node:net";
import type { ConnectionOptions } from "../conninfo/options.ts";
import { WireError } from "../errors.ts";
import type { ErrorField } from "../errors.ts";
import { MessageReader } from "../frame/message-reader.ts";
import type { Message } from "../message/body.ts";
import { decodeErrorFields } from "../message/error-response.ts";
import {
  encodeBind,
  encodeDescribePortal,
  encodeDescribeStatement,
  encodeExecute,
  encodeParse,
  encodeQuery,
  encodeSync,
  encodeTerminate,
} from "../message/query.ts";
import type { Column } from "../message/result.ts";
import { decodeParameterStatus, decodeReadyForQuery } from "../message/session.ts";
import type { TransactionStatus } from "../message/session.ts";
import { Answer } from "./answer.ts";
import type { Result } from "./answer.ts";
import { ignoreError } from "./ignore-error.ts";
import { openSession } from "./open-session.ts";
import type { SessionSurroundings } from "./open-session.ts";
import type { Session } from "./start-session.ts";

export interface ClientLimits {
  /** Cap on one message of the server, in bytes; 64 MiB by default. */
  readonly maxMessageLength?: number;
  /** Cap on all rows of one answer, in bytes; 64 MiB by default. */
  readonly maxResultLength?: number;
  /** Called for every NoticeResponse. */
  readonly onNotice?: (fields: readonly ErrorField[]) => void;
}

export interface CallOptions {
  /** Milliseconds for the answer. When it passes, the call fails with `timeout` and the connection is destroyed. */
  readonly timeout?: number;
}

/** A statement that the server has parsed. Executions may be started without waiting for one another. */
export interface PreparedStatement {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly execute: (parameters?: readonly (string | null)[], options?: CallOptions) => Promise<Result>;
}

interface Pending {
  readonly answer: Answer;
  readonly timer: NodeJS.Timeout | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const DEFAULT_CAP = 64 * 1024 * 1024;

/**
 * Connects, authenticates, and is ready for queries.
 *
 * @throws {ServerError} the server refused
 * @throws {WireError}
 */
export async function connect(
  options: ConnectionOptions,
  limits: ClientLimits = {},
  signal?: AbortSignal,
  surroundings?: SessionSurroundings,
): Promise<Client> {
  return new Client(await openSession(options, signal, surroundings), limits);
}

/**
 * One connection. Calls may overlap: each has its own Sync, so that an error in one costs no other its answer, and
 * the answers come in order. SQL, parameters and results are byte strings.
 */
export class Client {
  /**
   * Resolves when the connection is over: null after `close`, otherwise the reason. Never rejects.
   * After `release` it stays open for ever: the connection is somebody else's.
   */
  readonly closed: Promise<Error | null>;
  readonly #session: Session<Socket>;
  readonly #reader: MessageReader;
  readonly #limits: ClientLimits;
  readonly #pending: Pending[] = [];
  readonly #parameters: Map<string, string>;
  #status: TransactionStatus;
  #state: "open" | "closing" | "closed" | "released" = "open";
  #corked = false;
  #resolveClosed: (reason: Error | null) => void = ignoreError;

  constructor(session: Session<Socket>, limits: ClientLimits = {}) {
    this.#session = session;
    this.#limits = limits;
    this.#status = session.status;
    this.#parameters = new Map(session.parameters.map(({ name, value }) => [name, value]));
    this.#reader = new MessageReader(session.stream, session.rest);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    void this.#read();
  }

  /** Settings as the server reports them, up to date. */
  get parameters(): ReadonlyMap<string, string> {
    return this.#parameters;
  }

  /** As of the last answer. */
  get transactionStatus(): TransactionStatus {
    return this.#status;
  }

  /** One statement with parameters `$1` … by the extended protocol. */
  async query(
    sql: string,
    parameters: readonly (string | null)[] = [],
    options: CallOptions = {},
  ): Promise<Result> {
    const messages = [
      encodeParse("", sql),
      encodeBind("", parameters),
      encodeDescribePortal(),
      encodeExecute(),
    ];
    const answer = await this.#send([...messages, encodeSync()], [], options);
    return onlyResult(answer);
  }

  /** One or more statements in one text, without parameters; one result for each. */
  async simpleQuery(sql: string, options: CallOptions = {}): Promise<readonly Result[]> {
    const answer = await this.#send([encodeQuery(sql)], [], options);
    return answer.results;
  }

  /** Has the server parse a statement under a name. */
  async prepare(name: string, sql: string, options: CallOptions = {}): Promise<PreparedStatement> {
    const messages = [encodeParse(name, sql), encodeDescribeStatement(name), encodeSync()];
    const { columns } = await this.#send(messages, [], options);
    return {
      name,
      columns,
      execute: async (parameters = [], executeOptions = {}) => {
        const execution = [encodeBind(name, parameters), encodeExecute(), encodeSync()];
        return onlyResult(await this.#send(execution, columns, executeOptions));
      },
    };
  }

  /** Says goodbye and waits until the connection is closed; calls without an answer by then fail with `aborted`. */
  async close(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "closing";
      const { stream } = this.#session;
      stream.end(encodeTerminate());
      // The server has nothing more to say; if it does not close, we do.
      const timer = setTimeout(() => stream.destroy(), 1000);
      await this.closed;
      clearTimeout(timer);
    } else if (this.#state === "closing") {
      await this.closed;
    }
  }

  /** Ends the connection at once. */
  destroy(reason: Error = new WireError("aborted", "the connection was destroyed")): void {
    if (this.#state === "open" || this.#state === "closing") {
      const closing = this.#state === "closing";
      const why = closing ? new WireError("aborted", "the connection was closed") : reason;
      this.#state = "closed";
      this.#reader.release();
      this.#session.stream.destroy();
      for (const { answer, timer, reject } of this.#pending.splice(0)) {
        clearTimeout(timer);
        reject(answer.error ?? why);
      }
      this.#resolveClosed(closing ? null : reason);
    }
  }

  /**
   * Gives the connection away between two queries. This client is then of no more use.
   *
   * @throws {WireError} `aborted` if an answer is still to come, or the connection is gone
   */
  release(): Session<Socket> {
    if (this.#state !== "open" || this.#pending.length > 0) {
      throw new WireError("aborted", "only an idle connection can be released");
    }
    this.#state = "released";
    const rest = this.#reader.release();
    const parameters = Array.from(this.#parameters, ([name, value]) => ({ name, value }));
    return { ...this.#session, parameters, status: this.#status, rest };
  }

  async #send(
    messages: readonly Buffer[],
    columns: readonly Column[],
    { timeout }: CallOptions,
  ): Promise<Answer> {
    if (this.#state !== "open") {
      throw new WireError("aborted", "the connection is closed");
    }
    const answer = await new Promise<Answer>((resolve, reject) => {
      const timer =
        timeout === undefined
          ? undefined
          : setTimeout(
              () => this.destroy(new WireError("timeout", `no answer from the server within ${timeout} ms`)),
              timeout,
            );
      const collected = new Answer(this.#limits.maxResultLength ?? DEFAULT_CAP, columns);
      this.#pending.push({ answer: collected, timer, resolve, reject });
      this.#write(Buffer.concat(messages));
    });
    if (answer.error !== null) {
      throw answer.error;
    }
    return answer;
  }

  /** Calls of one turn of the event loop leave in one write. */
  #write(bytes: Buffer): void {
    const { stream } = this.#session;
    if (!this.#corked) {
      this.#corked = true;
      stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        stream.uncork();
      });
    }
    stream.write(bytes);
  }

  async #read(): Promise<void> {
    const cap = this.#limits.maxMessageLength ?? DEFAULT_CAP;
    try {
      for (;;) {
        const message = await this.#reader.readMessage(cap);
        this.#receive(message);
        for (let next = this.#reader.poll(cap); next !== null; next = this.#reader.poll(cap)) {
          this.#receive(next);
        }
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #receive(message: Message): void {
    const [current] = this.#pending;
    switch (message.type) {
      case "N":
        this.#limits.onNotice?.(decodeErrorFields(message.body));
        break;
      case "S": {
        const { name, value } = decodeParameterStatus(message.body);
        this.#parameters.set(name, value);
        break;
      }
      case "A": // NotificationResponse: nobody listens here
        break;
      case "Z":
        this.#status = decodeReadyForQuery(message.body);
        this.#pending.shift();
        clearTimeout(current?.timer);
        current?.resolve(current.answer);
        break;
      default: {
        // Without a query only a FATAL may come, and the end of the connection with it.
        const answer = current?.answer ?? new Answer(0);
        answer.add(message);
        if (current === undefined) {
          throw answer.error ?? new WireError("unexpected_message", "the server sent an answer to no query");
        }
      }
    }
  }
}

function onlyResult(answer: Answer): Result {
  const [result] = answer.results;
  if (result === undefined) {
    throw new WireError("unexpected_message", "the server sent no result");
  }
  return result;
}
