/** The method that has Kerberos judge, by a ticket that the client brings. */
import { gss } from "@sallyport/methods";
import { beginGssContext } from "@sallyport/methods/os";
import type { RunMethod } from "./login.ts";

export const runGss: RunMethod = async (
  { exchange, log, signal, visitor, gss: encryption },
  { settings: { krb_server_keyfile: keytab } },
) =>
  await gss({
    exchange,
    log,
    signal,
    encryption: encryption?.principal ?? null,
    begin: async () => await beginGssContext(keytab, visitor.source, signal),
  });
