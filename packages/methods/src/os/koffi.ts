import type koffi from "koffi";

type Koffi = typeof koffi;

/** Modules of the name service run on it; koffi's own 128 kB are too few for what some of them do. */
const asyncStackSize = 1 << 20;

let loading: Promise<Koffi> | null = null;

/**
 * Loads koffi, when it is needed and not earlier, and sets it up once: it takes no settings any more when it has loaded a
 * library.
 *
 * @throws {Error} koffi, an optional dependency, is not installed or does not run here
 */
export async function loadKoffi(): Promise<Koffi> {
  return await (loading ??= load());
}

async function load(): Promise<Koffi> {
  const { default: koffi } = await import("koffi");
  const { async_stack_size: stackSize = 0 } = koffi.config();
  if (stackSize < asyncStackSize) koffi.config({ async_stack_size: asyncStackSize });
  return koffi;
}
