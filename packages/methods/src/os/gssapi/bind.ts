import { loadKoffi } from "../koffi.ts";

/** The functions of the library (RFC 2744, RFC 5588, RFC 5801's cred store extension) that this room calls. */
export interface Gssapi {
  readonly acquire: (
    minor: Out,
    name: 0,
    time: number,
    mechanisms: 0,
    usage: number,
    store: CredentialStore | null,
    credentials: HandleOut,
    actual: 0,
    valid: 0,
  ) => number;
  readonly accept: (
    minor: Out,
    context: HandleOut,
    credentials: Handle,
    token: InBuffer,
    bindings: 0,
    name: HandleOut,
    mechanism: 0,
    answer: OutBuffer,
    flags: Out,
    valid: 0,
    /** Credentials of the client, which it may send and nobody here could use: they are not taken. */
    delegated: 0,
  ) => number;
  readonly displayName: (minor: Out, name: Handle, text: OutBuffer, type: 0) => number;
  readonly displayStatus: (
    minor: Out,
    value: number,
    type: number,
    mechanism: 0,
    context: Out,
    text: OutBuffer,
  ) => number;
  readonly wrap: (
    minor: Out,
    context: Handle,
    confidential: number,
    qop: number,
    message: InBuffer,
    state: Out,
    packet: OutBuffer,
  ) => number;
  readonly unwrap: (
    minor: Out,
    context: Handle,
    packet: InBuffer,
    message: OutBuffer,
    state: Out,
    qop: 0,
  ) => number;
  readonly wrapSizeLimit: (
    minor: Out,
    context: Handle,
    confidential: number,
    qop: number,
    output: number,
    input: Out,
  ) => number;
  readonly releaseBuffer: (minor: Out, buffer: OutBuffer) => number;
  readonly releaseName: (minor: Out, name: HandleOut) => number;
  readonly releaseCredentials: (minor: Out, credentials: HandleOut) => number;
  readonly deleteContext: (minor: Out, context: HandleOut, token: 0) => number;
  /** A copy of what stands there. */
  readonly copy: (address: Handle, length: number) => Buffer;
}

/** An opaque pointer; 0 is none. */
export type Handle = number | bigint;
export type HandleOut = [Handle];
export type Out = [number];

/** A `gss_buffer_desc` to read from. */
export interface InBuffer {
  readonly length: number;
  readonly value: Uint8Array;
}

/** A `gss_buffer_desc` that the library fills; its memory is the library's. */
export interface OutBuffer {
  length?: number | bigint;
  value?: Handle;
}

/** A `gss_key_value_set_desc` of one element. */
export interface CredentialStore {
  readonly count: 1;
  /** The value ends with a NUL: its bytes may be any others. */
  readonly elements: readonly [{ readonly key: string; readonly value: Uint8Array }];
}

/** MIT Kerberos, whose name is the same on Linux with glibc as with musl. */
const libraryName = "libgssapi_krb5.so.2";

/**
 * Loads the library, now and not earlier. This is the only file that knows how they are reached.
 *
 * @throws {Error} one of them is not installed or does not run here
 */
export async function bindGssapi(): Promise<Gssapi> {
  const koffi = await loadKoffi();
  const input = koffi.pointer(koffi.struct({ length: "size_t", value: "void *" }));
  const buffer = koffi.struct({ length: "size_t", value: "uintptr_t" });
  const output = koffi.out(koffi.pointer(buffer));
  const filled = koffi.inout(koffi.pointer(buffer));
  const element = koffi.struct({ key: "const char *", value: "void *" });
  const store = koffi.pointer(koffi.struct({ count: "uint32_t", elements: koffi.pointer(element) }));
  const number = koffi.out(koffi.pointer("uint32_t"));
  const numberBoth = koffi.inout(koffi.pointer("uint32_t"));
  const handle = "uintptr_t";
  const handleOut = koffi.out(koffi.pointer(handle));
  const handleBoth = koffi.inout(koffi.pointer(handle));

  const library = koffi.load(libraryName);
  type Declared = Parameters<typeof library.func>[3];
  const func = (name: string, ...parameters: Declared): ReturnType<typeof library.func> =>
    library.func(name, "uint32_t", [number, ...parameters]);
  return {
    acquire: func(
      "gss_acquire_cred_from",
      handle,
      "uint32_t",
      handle,
      "int",
      store,
      handleOut,
      handle,
      handle,
    ),
    accept: func(
      "gss_accept_sec_context",
      handleBoth,
      handle,
      input,
      handle,
      handleOut,
      handle,
      output,
      number,
      handle,
      handle,
    ),
    displayName: func("gss_display_name", handle, output, handle),
    displayStatus: func("gss_display_status", "uint32_t", "int", handle, numberBoth, output),
    wrap: func("gss_wrap", handle, "int", "uint32_t", input, number, output),
    unwrap: func("gss_unwrap", handle, input, output, number, handle),
    wrapSizeLimit: func("gss_wrap_size_limit", handle, "int", "uint32_t", "uint32_t", number),
    releaseBuffer: func("gss_release_buffer", filled),
    releaseName: func("gss_release_name", handleBoth),
    releaseCredentials: func("gss_release_cred", handleBoth),
    deleteContext: func("gss_delete_sec_context", handleBoth, handle),
    copy: (address, length) => Buffer.from(koffi.view(address, length).slice(0)),
  };
}
