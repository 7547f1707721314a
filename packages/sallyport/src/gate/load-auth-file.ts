import { LiveAuthFile } from "@sallyport/gateway";
import type { Settings } from "@sallyport/gateway";
import { utf8Text } from "@sallyport/policy";
import { Failure } from "../failure.ts";

/** `auth_file` at the start: one that cannot be used is fatal. Null: secrets do not come from a file. */
export async function loadAuthFile({ auth_source, auth_file }: Settings): Promise<LiveAuthFile | null> {
  if (auth_source !== "file") return null;
  const loaded = await LiveAuthFile.load(auth_file);
  if ("file" in loaded) return loaded.file;
  throw new Failure(utf8Text(loaded.message), loaded.hint === null ? {} : { hint: loaded.hint });
}
