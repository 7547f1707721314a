/** Where a client goes, and what it says of itself. */
export interface Login {
  /** An address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Absent: it has none. */
  readonly password?: string;
  readonly applicationName?: string;
  /** Settings of the session, sent with the startup packet. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A session of a real client, as far as all of them can do the same. */
export interface ClientSession {
  /** Runs statements by the simple protocol; the first column of what they return, as text. */
  readonly query: (sql: string) => Promise<readonly string[]>;
  /** COPY FROM STDIN of text format. */
  readonly copyIn: (table: string, rows: Buffer) => Promise<void>;
  /** COPY TO STDOUT in text format. */
  readonly copyOut: (table: string) => Promise<Buffer>;
  readonly listen: (channel: string) => Promise<void>;
  /** What comes with the next notification. */
  readonly notification: () => Promise<string>;
  /** Takes its leave as the protocol has it. */
  readonly end: () => Promise<void>;
}

/** A program or library that people connect with. */
export interface Client {
  readonly name: string;
  /** Rejects with what the client says when it is refused. */
  readonly connect: (login: Login) => Promise<ClientSession>;
}

/** Values that one side puts in, and the other awaits. */
export interface Queue<T> {
  readonly put: (value: T) => void;
  readonly next: () => Promise<T>;
}

export function queue<T>(): Queue<T> {
  const values: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  return {
    put: (value) => {
      const first = waiting.shift();
      if (first) first(value);
      else values.push(value);
    },
    next: async () => {
      const { promise, resolve } = Promise.withResolvers<T>();
      const [value] = values.splice(0, 1);
      if (value === undefined) waiting.push(resolve);
      else resolve(value);
      return await promise;
    },
  };
}
