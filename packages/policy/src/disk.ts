import type { Bytes } from "./bytes.ts";

/** Why the system refused: `code` as errno names it (`ENOENT`), `reason` as `strerror` words it. */
export interface SystemError {
  readonly code: string;
  readonly reason: Bytes;
}

/** What opening and reading a file gave. A file that opens and cannot be read (a directory) has `readError`. */
export type FileContent =
  | {
      readonly bytes: Bytes;
      /** The same, cut by `pieceEnd`: to make one string of a large file would hold up the rest of a process. */
      readonly pieces?: readonly Bytes[];
      readonly readError?: SystemError;
    }
  | { readonly openError: SystemError };

/** What listing a directory gave; `unknown` is an entry whose kind could not be asked (a dangling link). */
export type DirectoryContent =
  | { readonly entries: readonly DirectoryEntry[] }
  | { readonly openError: SystemError };

export interface DirectoryEntry {
  readonly name: Bytes;
  /** What it is after following links. */
  readonly kind: "file" | "directory" | "unknown";
}

/**
 * Something outside the text that its meaning depends on.
 *
 * - `file`, `directory`: their contents, by full path;
 * - `zone`: does a network interface of this name exist (`fe80::1%lo` is an address only if so);
 * - `host`: does this name of a RADIUS server have an address (the server asks while it loads).
 */
export interface Need {
  readonly kind: "file" | "directory" | "zone" | "host";
  readonly name: Bytes;
}

/** What is known of the world outside the text. Reading asks for what is missing; it never goes and looks. */
export interface Disk {
  readonly files: ReadonlyMap<Bytes, FileContent>;
  readonly directories: ReadonlyMap<Bytes, DirectoryContent>;
  readonly zones: ReadonlyMap<Bytes, boolean>;
  /** Null: the name has an address; else the resolver's words why it has none. */
  readonly hosts: ReadonlyMap<Bytes, Bytes | null>;
}

/** Answers from a `Disk` and notes each question that it could not answer. */
export class Asker {
  readonly #disk: Disk;
  readonly #needs = new Map<string, Need>();
  /** How many questions there were. */
  count = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** What has to be known before the text can be read to its end. */
  get needs(): readonly Need[] {
    return [...this.#needs.values()];
  }

  file(name: Bytes): FileContent | undefined {
    return this.#ask("file", name, this.#disk.files);
  }

  directory(name: Bytes): DirectoryContent | undefined {
    return this.#ask("directory", name, this.#disk.directories);
  }

  zone(name: Bytes): boolean | undefined {
    return this.#ask("zone", name, this.#disk.zones);
  }

  host(name: Bytes): Bytes | null | undefined {
    return this.#ask("host", name, this.#disk.hosts);
  }

  #ask<T>(kind: Need["kind"], name: Bytes, known: ReadonlyMap<Bytes, T>): T | undefined {
    this.count += 1;
    const answer = known.get(name);
    if (answer === undefined) this.#needs.set(`${kind} ${name}`, { kind, name });
    return answer;
  }
}
