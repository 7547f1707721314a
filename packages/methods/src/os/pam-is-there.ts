import { loadKoffi } from "./koffi.ts";

let there: Promise<boolean> | null = null;

/**
 * Whether this machine has PAM. The library is looked for once, and not kept: what it does it does in processes of its own
 * ({@link PamPool}). Never fails.
 */
export async function pamIsThere(): Promise<boolean> {
  there ??= look();
  return await there;
}

async function look(): Promise<boolean> {
  // The numbers and layouts of the conversation are those of Linux-PAM.
  if (process.platform !== "linux") return false;
  try {
    const koffi = await loadKoffi();
    koffi.load("libpam.so.0").unload();
    return true;
  } catch {
    return false;
  }
}
