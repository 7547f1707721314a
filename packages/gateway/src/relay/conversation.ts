import { fromClient, fromServer } from "./message-types.ts";

/** As ReadyForQuery says it: not in a transaction. */
const idle = "I".charCodeAt(0);

/**
 * What has been asked of a session upstream and what of it is answered, told from the types of messages alone.
 *
 * A server answers each Query, FunctionCall and Sync with one ReadyForQuery at most: some are skipped behind an error,
 * and a Sync while it reads a COPY. So a count of those that are open can be too high for ever, and never too low.
 */
export class Conversation {
  /** Requests that wait for their ReadyForQuery. */
  #open = 0;
  /** Something was said behind the last of them: nothing tells when the server is done with it. */
  #isLoose = false;
  /** Since the last ReadyForQuery, which said idle, the server has said nothing but what it says unasked. */
  #isReady = true;
  /** A ReadyForQuery came that nobody had asked for. */
  #isUnruly = false;

  /** The server is at work for the client, or may be. */
  get busy(): boolean {
    return this.#open > 0 || this.#isLoose;
  }

  /** The server has done all that it was told, is in no transaction and no COPY, and waits. */
  get atRest(): boolean {
    return !this.busy && this.#isReady && !this.#isUnruly;
  }

  said(type: number): void {
    switch (type) {
      case fromClient.query:
      case fromClient.functionCall:
      case fromClient.sync:
        this.#open += 1;
        this.#isLoose = false;
        break;
      case fromClient.copyData:
      case fromClient.copyDone:
      case fromClient.copyFail:
        break; // within a COPY its request is open; outside they are ignored
      default:
        this.#isLoose = true;
    }
  }

  /** @param last the last byte of the message: of a ReadyForQuery the state of the transaction */
  heard(type: number, last: number): void {
    switch (type) {
      case fromServer.readyForQuery:
        if (this.#open === 0) this.#isUnruly = true;
        else this.#open -= 1;
        this.#isReady = last === idle;
        break;
      case fromServer.noticeResponse:
      case fromServer.parameterStatus:
      case fromServer.notification:
        break; // may come at any time
      default:
        this.#isReady = false;
    }
  }
}
