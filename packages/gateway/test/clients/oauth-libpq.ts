import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binariesOf, command } from "@sallyport/testkit";

/** What a client with a token heard. */
export interface TokenLogin {
  /** What libpq learnt from the server before it asked for a token; null: it did not ask for one. */
  readonly asked: { readonly configuration: string; readonly scope: string } | null;
  /** libpq's words; empty: none. */
  readonly error: string;
  /** Of `query`; null: it was not let in, or the query failed. */
  readonly answer: string | null;
}

const program = fileURLToPath(new URL("oauth-libpq-process.ts", import.meta.url));

/** A login by libpq 18, which asks a gate for its issuer and comes back with the token. */
export async function logInByLibpq(
  port: number,
  user: string,
  token: string,
  { issuer, query = "select current_user" }: { readonly issuer: string; readonly query?: string },
): Promise<TokenLogin> {
  const library = join(binariesOf(18).native, "lib", "libpq.so.5");
  const values = { host: "127.0.0.1", port, user, dbname: "shop", sslmode: "disable", gssencmode: "disable" };
  const oauth = { oauth_issuer: issuer, oauth_client_id: "psql", require_auth: "oauth" };
  const conninfo = Object.entries({ ...values, ...oauth }).map(([name, value]) => `${name}='${value}'`);
  const { stdout, stderr, status } = await command(
    process.execPath,
    ["--no-warnings", program, library, conninfo.join(" "), query],
    { input: token, env: { PGOAUTHDEBUG: "UNSAFE" } },
  );
  if (status !== 0) throw new Error(`the client failed: ${stderr}`);
  return JSON.parse(stdout) as TokenLogin;
}
