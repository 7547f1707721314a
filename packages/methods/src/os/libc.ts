import { loadKoffi } from "./koffi.ts";

/** The functions of the C library that this room calls. */
export interface Libc {
  readonly getsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Uint32Array,
    length: [number],
  ) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Uint32Array,
    length: number,
  ) => number;
  readonly socketpair: (domain: number, type: number, protocol: number, pair: Uint32Array) => number;
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly getsockname: (fd: number, address: Uint8Array, length: [number]) => number;
  /** Of the type `ssize_t`. */
  readonly sendto: (
    fd: number,
    message: Buffer,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number;
  readonly close: (fd: number) => number;
  readonly getpwuid_r: EntryFunction<number, Passwd>;
  readonly getgrnam_r: EntryFunction<Buffer, Group>;
  readonly strerror: (errno: number) => string;
  /** That of the last call of this thread. */
  readonly errno: () => number;
  /** Where a buffer stands in memory. */
  readonly address: (buffer: Buffer) => bigint;
}

/**
 * `int function(key, entry, buffer, length, result)`, called on another thread: the number of an error, or 0.
 * `result[0]` is the null pointer if there is no such entry; the strings of an entry stand in `buffer`.
 */
export interface EntryFunction<Key, Entry> {
  readonly async: (
    key: Key,
    entry: Partial<Entry>,
    buffer: Buffer,
    length: number,
    result: [Address | null],
    done: (error: unknown, errno: number) => void,
  ) => void;
}

export type Address = number | bigint;

/** What is read of a `struct passwd`. */
export interface Passwd {
  readonly pw_name: Address;
}

/** What is read of a `struct group`. */
export interface Group {
  readonly gr_gid: number;
}

/**
 * Finds the functions, now and not earlier. This is the only file that knows how they are reached.
 *
 * @throws {Error} koffi, an optional dependency, is not installed or does not run here
 */
export async function bindLibc(): Promise<Libc> {
  const koffi = await loadKoffi();

  // The layouts of Linux, with glibc as with musl.
  const passwd = koffi.struct({
    pw_name: "uintptr_t",
    pw_passwd: "uintptr_t",
    pw_uid: "uint32_t",
    pw_gid: "uint32_t",
    pw_gecos: "uintptr_t",
    pw_dir: "uintptr_t",
    pw_shell: "uintptr_t",
  });
  const group = koffi.struct({
    gr_name: "uintptr_t",
    gr_passwd: "uintptr_t",
    gr_gid: "uint32_t",
    gr_mem: "uintptr_t",
  });
  const passwdOut = koffi.out(koffi.pointer(passwd));
  const groupOut = koffi.out(koffi.pointer(group));
  const resultOut = koffi.out(koffi.pointer("uintptr_t"));

  const library = koffi.load(null);
  return {
    getsockopt: library.func("int getsockopt(int, int, int, void *, _Inout_ uint32_t *)"),
    setsockopt: library.func("int setsockopt(int, int, int, void *, uint32_t)"),
    socketpair: library.func("int socketpair(int, int, int, void *)"),
    socket: library.func("int socket(int, int, int)"),
    getsockname: library.func("int getsockname(int, void *, _Inout_ uint32_t *)"),
    sendto: library.func("intptr_t sendto(int, void *, size_t, int, void *, uint32_t)"),
    close: library.func("int close(int)"),
    getpwuid_r: library.func("getpwuid_r", "int", ["uint32_t", passwdOut, "void *", "size_t", resultOut]),
    getgrnam_r: library.func("getgrnam_r", "int", ["void *", groupOut, "void *", "size_t", resultOut]),
    strerror: library.func("const char *strerror(int)"),
    errno: () => koffi.errno(),
    address: (buffer) => koffi.address(buffer),
  };
}
