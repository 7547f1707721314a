import { bindGssapi } from "./bind.ts";
import type { Gssapi } from "./bind.ts";

let loading: Promise<Gssapi | null> | null = null;
let loaded: Gssapi | null = null;

/** Loads the library, once, and says whether it can be used: it is there, and koffi is. Never fails. */
export async function loadGssapi(): Promise<boolean> {
  loading ??= bindGssapi().catch(() => null);
  loaded = await loading;
  return loaded !== null;
}

/** Null before {@link loadGssapi}, and where it answers no. */
export function loadedGssapi(): Gssapi | null {
  return loaded;
}
