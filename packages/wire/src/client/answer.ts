/** What comes back for one Sync: results, or an error. */
import { ServerError, WireError } from "../errors.ts";
import type { Message } from "../message/body.ts";
import { decodeErrorFields } from "../message/error-response.ts";
import { decodeCommandComplete, decodeDataRow, decodeRowDescription } from "../message/result.ts";
import type { Column, Row } from "../message/result.ts";

/** The result of one statement. */
export interface Result {
  /** Empty for statements that return no rows. */
  readonly columns: readonly Column[];
  /** Byte strings in text format; null for NULL. */
  readonly rows: readonly Row[];
  /** `SELECT 1`; empty for an empty query. */
  readonly commandTag: string;
}

/** Collects the messages up to ReadyForQuery. */
export class Answer {
  readonly results: Result[] = [];
  /** The columns that a Describe announced, whether rows followed or not. */
  columns: readonly Column[];
  error: ServerError | null = null;
  readonly #maxBytes: number;
  #bytes = 0;
  #rows: Row[] = [];

  /**
   * @param maxBytes cap on all rows together, in bytes of their messages
   * @param columns of a statement that was described before
   */
  constructor(maxBytes: number, columns: readonly Column[] = []) {
    this.#maxBytes = maxBytes;
    this.columns = columns;
  }

  /** @throws {WireError} if the message has no place here: the connection is then of no more use */
  add(message: Message): void {
    switch (message.type) {
      case "T":
        this.columns = decodeRowDescription(message.body);
        break;
      case "D":
        this.#addRow(message);
        break;
      case "C":
        this.#finish(decodeCommandComplete(message.body));
        break;
      case "I":
        this.#finish("");
        break;
      case "n":
        this.columns = [];
        break;
      case "E":
        this.error = new ServerError(decodeErrorFields(message.body));
        break;
      case "1": // ParseComplete
      case "2": // BindComplete
      case "t": // ParameterDescription
        break;
      case "G":
      case "H":
      case "W":
        throw new WireError("not_supported", "COPY is not supported by this client");
      default:
        throw new WireError(
          "unexpected_message",
          `the server sent a message of type ${JSON.stringify(message.type)} in answer to a query`,
        );
    }
  }

  #addRow({ body }: Message): void {
    this.#bytes += body.length;
    if (this.#bytes > this.#maxBytes) {
      throw new WireError("result_too_large", `a result of more than ${this.#maxBytes} bytes`);
    }
    const row = decodeDataRow(body);
    if (row.length !== this.columns.length) {
      throw new WireError(
        "malformed_message",
        `a row of ${row.length} columns in a result of ${this.columns.length}`,
      );
    }
    this.#rows.push(row);
  }

  #finish(commandTag: string): void {
    this.results.push({ columns: this.columns, rows: this.#rows, commandTag });
    this.#rows = [];
  }
}
