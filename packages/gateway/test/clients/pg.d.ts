/** What our tests use of node-postgres, which ships no types. */
declare module "pg" {
  import type { EventEmitter } from "node:events";

  export interface ClientConfig {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
    readonly password?: string | undefined;
    readonly application_name?: string | undefined;
    readonly options?: string | undefined;
    readonly connectionTimeoutMillis?: number;
  }

  export interface QueryConfig {
    readonly text: string;
    readonly values?: readonly unknown[];
    /** A statement of this name is prepared once. */
    readonly name?: string;
    /** So many rows are asked for at a time. */
    readonly rows?: number;
    readonly rowMode?: "array";
  }

  export interface Result {
    readonly command: string;
    readonly rows: readonly (readonly unknown[])[];
  }

  /** The part of the client that speaks the protocol. */
  export interface Connection {
    query(sql: string): void;
    sendCopyFromChunk(chunk: Buffer): void;
    endCopyFrom(): void;
  }

  /** A query that handles the protocol's messages itself, as pg-copy-streams does. */
  export interface Submittable {
    submit(connection: Connection): void;
    handleError(error: Error): void;
    handleReadyForQuery(): void;
    handleCommandComplete(): void;
    handleCopyInResponse(connection: Connection): void;
    handleCopyData(message: { readonly chunk: Buffer }): void;
  }

  export class Client extends EventEmitter {
    constructor(config: ClientConfig);
    connect(): Promise<void>;
    /** One result a statement, but a single one by itself. */
    query(config: QueryConfig): Promise<Result | readonly Result[]>;
    query(query: Submittable): Submittable;
    /** Of a client that is not connected: asks the server to give up what another client has it do. */
    cancel(client: Client, query: Submittable): void;
    end(): Promise<void>;
  }
}
