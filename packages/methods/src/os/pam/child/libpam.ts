import koffi from "koffi";

/** A place in the memory of this process. */
export type Address = bigint;

/** The functions of libpam (pam(3)). Strings are buffers with a NUL at their end. */
export interface LibPam {
  readonly start: (service: Buffer, user: Buffer, conv: Conv, handle: [Address | null]) => number;
  /** Null: this libpam has no such function (OpenPAM, Linux-PAM before 1.4). */
  readonly startIn:
    | ((service: Buffer, user: Buffer, conv: Conv, directory: Buffer, handle: [Address | null]) => number)
    | null;
  readonly setItem: (handle: Address | null, item: number, value: Buffer | Conv) => number;
  readonly authenticate: (handle: Address | null, flags: number) => number;
  readonly acctMgmt: (handle: Address | null, flags: number) => number;
  readonly end: (handle: Address | null, status: number) => number;
  readonly strerror: (handle: Address | null, code: number) => string;
}

/** Of a `struct pam_conv`, which stays where it is. */
export type Conv = Address;

/** What the conversation needs of the C library, whose memory PAM frees. */
export interface Memory {
  readonly calloc: (count: number, size: number) => Address | null;
  readonly free: (address: Address) => void;
  readonly strdup: (text: Buffer) => Address | null;
  readonly strnlen: (text: Address, most: number) => number;
}

/** How this process keeps to itself. */
export interface System {
  /** Ends now, whatever stands on the stack. */
  readonly exit: (status: number) => void;
  readonly prctl: (option: number, type: "unsigned long", argument: number) => number;
  readonly fcntl: (fd: number, command: number, type: "int", argument: number) => number;
  readonly setrlimit: (resource: number, limit: BigUint64Array) => number;
}

/** Some modules bring whole libraries with them; the main thread of a server has 8 MB, too. */
const stackSize = 8 << 20;

koffi.config({ sync_stack_size: stackSize });

const libc = koffi.load(null);

export const memory: Memory = {
  calloc: libc.func("void *calloc(size_t, size_t)"),
  free: libc.func("void free(void *)"),
  strdup: libc.func("void *strdup(const void *)"),
  strnlen: libc.func("size_t strnlen(const void *, size_t)"),
};

export const system: System = {
  exit: libc.func("void _exit(int)"),
  prctl: libc.func("int prctl(int, ...)"),
  fcntl: libc.func("int fcntl(int, int, ...)"),
  setrlimit: libc.func("int setrlimit(int, const void *)"),
};

/** `struct pam_conv`, and the function in it: `int (*conv)(int, const struct pam_message **, struct pam_response **, void *)`. */
const convType = koffi.struct({ conv: "void *", appdata_ptr: "void *" });
const conversationType = koffi.pointer(koffi.proto("int", ["int", "void *", "void *", "void *"]));

/**
 * Loads the library of the system.
 *
 * @throws {Error} it is not there
 */
export function loadLibPam(): LibPam {
  const library = koffi.load("libpam.so.0");
  const handle = koffi.out(koffi.pointer("void *"));
  return {
    start: library.func("pam_start", "int", ["void *", "void *", "void *", handle]),
    startIn: optional(() =>
      library.func("pam_start_confdir", "int", ["void *", "void *", "void *", "void *", handle]),
    ),
    setItem: library.func("int pam_set_item(void *, int, const void *)"),
    authenticate: library.func("int pam_authenticate(void *, int)"),
    acctMgmt: library.func("int pam_acct_mgmt(void *, int)"),
    end: library.func("int pam_end(void *, int)"),
    strerror: library.func("const char *pam_strerror(void *, int)"),
  };
}

function optional<T>(find: () => T): T | null {
  try {
    return find();
  } catch {
    return null;
  }
}

/** Makes a function of ours one that PAM can call. It must not throw. */
export function conversationOf(
  converse: (count: number, messages: Address | null, responses: Address | null) => number,
): Conv {
  const conv = koffi.alloc(convType, 1) as Address;
  koffi.encode(conv, convType, { conv: koffi.register(converse, conversationType), appdata_ptr: null });
  return conv;
}
