import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer as createPlainServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import type { Adapter, AdapterPayload, Configuration, JWK } from "oidc-provider";

export interface OauthIssuerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: without TLS. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** What its tokens are: signed, or a handle that says nothing. Default: `jwt`. */
  readonly tokens?: "jwt" | "opaque";
  /** The clients, which are whom tokens are about, too; each has `NAME-secret`. */
  readonly clients: readonly string[];
  /** Seconds; default: 600. */
  readonly lifetime?: number;
}

/** A real issuer of OAuth tokens on 127.0.0.1: oidc-provider. It ends with `await using`. */
export interface OauthIssuer extends AsyncDisposable {
  readonly issuer: string;
  readonly port: number;
  /** Its key is another one from now on. */
  readonly rotate: () => void;
  /** A token for a client, for a resource and with scopes. */
  readonly token: (client: string, scope?: string, audience?: string) => Promise<string>;
  readonly revoke: (client: string, token: string) => Promise<void>;
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>;
}

export const oauthAudience = "https://gate.example.com";

export async function startOauthIssuer(options: OauthIssuerOptions): Promise<OauthIssuer> {
  const { tls } = options;
  const asked = new Map<string, number>();
  const store = new Map<string, AdapterPayload>();
  let answer: ReturnType<Provider["callback"]> | null = null;
  const listener: Parameters<typeof createPlainServer>[1] = (request, response) => {
    const path = request.url ?? "";
    asked.set(path, (asked.get(path) ?? 0) + 1);
    void answer?.(request, response);
  };
  const server: Server = tls
    ? createTlsServer({ cert: tls.cert, key: tls.key }, listener)
    : createPlainServer({}, listener);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const issuer = `${tls ? "https" : "http"}://127.0.0.1:${port}`;
  const start = (): void => {
    answer = new Provider(issuer, configuration(options, store)).callback();
  };
  start();
  const post = async (path: string, client: string, form: Record<string, string>): Promise<unknown> => {
    const authorization = `Basic ${Buffer.from(`${client}:${client}-secret`).toString("base64")}`;
    const body = new URLSearchParams(form);
    const response = await fetch(`${issuer}${path}`, { method: "POST", headers: { authorization }, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  return {
    issuer,
    port,
    asked,
    rotate: start,
    token: async (client, scope = "postgres", audience = oauthAudience) => {
      const form = { grant_type: "client_credentials", scope, resource: audience };
      return ((await post("/token", client, form)) as { access_token: string }).access_token;
    },
    revoke: async (client, token) => void (await post("/token/revocation", client, { token })),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function configuration(
  { clients, tokens = "jwt", lifetime = 600 }: OauthIssuerOptions,
  store: Map<string, AdapterPayload>,
): Configuration {
  return {
    adapter: (model) => adapterOf(model, store),
    clients: clients.map((name) => ({
      client_id: name,
      client_secret: `${name}-secret`,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "client_secret_basic",
      id_token_signed_response_alg: "ES256",
    })),
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomUUID()] },
    scopes: ["postgres", "reports"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: "postgres reports",
          audience: resource,
          accessTokenTTL: lifetime,
          ...(tokens === "jwt"
            ? { accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } }
            : { accessTokenFormat: "opaque" }),
        }),
      },
    },
    ttl: { ClientCredentials: lifetime },
  };
}

/** What it has issued: in memory, and gone with it. Nothing of interactive logins is kept, since there are none. */
function adapterOf(model: string, store: Map<string, AdapterPayload>): Adapter {
  const key = (id: string): string => `${model}:${id}`;
  return {
    upsert: async (id, payload) => void (await Promise.resolve(store.set(key(id), payload))),
    find: async (id) => await Promise.resolve(store.get(key(id))),
    destroy: async (id) => void (await Promise.resolve(store.delete(key(id)))),
    findByUserCode: nothing,
    findByUid: nothing,
    consume: nothing,
    revokeByGrantId: nothing,
  };
}

async function nothing(): Promise<undefined> {
  return await Promise.resolve(undefined);
}

/** With its own name, as every key that is to be found among others. */
function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "ES256" };
}
