/** The client's half of a security context, for tests that say what no psql says. */
export interface GssClient extends Disposable {
  /** The token that begins the conversation, or goes on with it; empty: there is none to send. */
  readonly step: (answer: Buffer | null) => Buffer;
  /** Seals a message; `confidential` is what PostgreSQL demands. */
  readonly wrap: (message: Buffer, confidential?: boolean) => Buffer;
  readonly unwrap: (packet: Buffer) => Buffer;
}

export interface GssClientOptions {
  /** `FILE:/…`, of a ticket. */
  readonly cache: string;
  /** Default: `postgres@localhost`. */
  readonly service?: string;
  /** Default: what libpq asks for: mutual, replay, sequence, confidentiality and integrity. */
  readonly flags?: number;
}

const usualFlags = 2 | 4 | 8 | 16 | 32;

/** `KRB5_CONFIG` must stand in this process's environment. */
export async function gssClient({
  cache,
  service = "postgres@localhost",
  flags = usualFlags,
}: GssClientOptions): Promise<GssClient> {
  const gss = await (loading ??= load());
  const [minor, name, credentials, context]: [[number], [Handle], [Handle], [Handle]] = [[0], [0], [0], [0]];
  const check = (what: string, major: number): void => {
    if (major >>> 16 !== 0) throw new Error(`${what}: major ${major}, minor ${minor[0]}`);
  };
  const store = { count: 1, elements: [{ key: "ccache", value: cache }] };
  check("gss_acquire_cred_from", gss.acquire(minor, 0, 0xffff_ffff, 0, 1, store, credentials, 0, 0));
  const text = Buffer.from(service);
  const hostBased = gss.hostBasedService();
  check("gss_import_name", gss.importName(minor, { length: text.length, value: text }, hostBased, name));
  const take = (filled: { length?: number | bigint; value?: Handle }): Buffer => {
    const length = Number(filled.length ?? 0);
    const bytes = length === 0 ? Buffer.of() : gss.copy(filled.value, length);
    gss.releaseBuffer([0], filled);
    return bytes;
  };
  return {
    step: (answer) => {
      const token = {};
      const input = answer === null ? null : { length: answer.length, value: answer };
      const major = gss.init(minor, credentials[0], context, name[0], 0, flags, 0, 0, input, 0, token, 0, 0);
      check("gss_init_sec_context", major);
      return take(token);
    },
    wrap: (message, confidential = true) => {
      const packet = {};
      const input = { length: message.length, value: message };
      check("gss_wrap", gss.wrap(minor, context[0], confidential ? 1 : 0, 0, input, 0, packet));
      return take(packet);
    },
    unwrap: (packet) => {
      const message = {};
      const input = { length: packet.length, value: packet };
      check("gss_unwrap", gss.unwrap(minor, context[0], input, message, 0, 0));
      return take(message);
    },
    [Symbol.dispose]: () => {
      gss.releaseName(minor, name);
      gss.releaseCredentials(minor, credentials);
      gss.deleteContext(minor, context, 0);
    },
  };
}

type Handle = number | bigint;

let loading: ReturnType<typeof load> | null = null;

/** koffi is loaded by whoever asks for such a client, and by nobody else. */
async function load() {
  const { default: koffi } = await import("koffi");
  const buffer = koffi.struct({ length: "size_t", value: "uintptr_t" });
  const input = koffi.pointer(koffi.struct({ length: "size_t", value: "void *" }));
  const output = koffi.out(koffi.pointer(buffer));
  const element = koffi.struct({ key: "const char *", value: "const char *" });
  const store = koffi.pointer(koffi.struct({ count: "uint32_t", elements: koffi.pointer(element) }));
  const number = koffi.out(koffi.pointer("uint32_t"));
  const handle = "uintptr_t";
  const both = koffi.inout(koffi.pointer(handle));
  const library = koffi.load("libgssapi_krb5.so.2");
  const func = (name: string, ...parameters: readonly unknown[]) =>
    library.func(name, "uint32_t", [number, ...(parameters as (typeof number)[])]);
  const int = "int";
  const size = "uint32_t";
  return {
    acquire: func("gss_acquire_cred_from", handle, size, handle, int, store, both, handle, handle),
    importName: func("gss_import_name", input, handle, both),
    copy: (address: unknown, length: number): Buffer => Buffer.from(koffi.view(address, length).slice(0)),
    /** `GSS_C_NT_HOSTBASED_SERVICE` is a variable that holds a pointer. */
    hostBasedService: (): Handle =>
      koffi.decode(library.symbol("GSS_C_NT_HOSTBASED_SERVICE", handle), handle) as Handle,
    init: func(
      "gss_init_sec_context",
      handle,
      both,
      handle,
      handle,
      size,
      size,
      handle,
      input,
      handle,
      output,
      handle,
      handle,
    ),
    wrap: func("gss_wrap", handle, int, size, input, handle, output),
    unwrap: func("gss_unwrap", handle, input, output, handle, handle),
    releaseBuffer: func("gss_release_buffer", koffi.inout(koffi.pointer(buffer))),
    releaseName: func("gss_release_name", both),
    releaseCredentials: func("gss_release_cred", both),
    deleteContext: func("gss_delete_sec_context", both, handle),
  };
}
