import { beginGssContext } from "@sallyport/methods/os";
import { placeOf, utf8Text } from "@sallyport/policy";
import type { Bytes, HbaRule } from "@sallyport/policy";
import type { Settings } from "../config/index.ts";
import { finding } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";

/** The first line that needs a key of the service, if there is none: as far as whoever asks may read the keytab. */
export async function checkGss(
  { krb_server_keyfile: keytab }: Pick<Settings, "krb_server_keyfile">,
  rules: readonly HbaRule[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const asking = rules.find(({ method, type }) => method === "gss" || type === "hostgssenc");
  if (!asking) return [];
  const begun = await beginGssContext(keytab, "", signal);
  if (!("status" in begun)) {
    begun.close();
    return [];
  }
  const message = "the service has no credentials of GSSAPI: nobody comes in by this line";
  const place = placeOf(asking.columns.method);
  return [finding("keytab-refused", message, { detail: utf8Text(begun.status), place })];
}

/** The keytab's file, to look at who may write it; of other kinds of keytabs, none. */
export function keytabPaths({ krb_server_keyfile: keytab }: Pick<Settings, "krb_server_keyfile">): Bytes[] {
  const path = keytab.replace(/^FILE:/, "");
  return path.startsWith("/") ? [path] : [];
}
