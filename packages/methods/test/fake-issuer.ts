import { generateKeyPairSync, sign } from "node:crypto";
import type { JsonWebKey, KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { IssuerSurroundings } from "../src/index.ts";

/** How a path is answered: with JSON, or by hand. */
export type Answer = object | ((request: IncomingMessage, response: ServerResponse) => void);

/** An issuer that says what a test wants. */
export interface FakeIssuer extends AsyncDisposable {
  readonly issuer: string;
  /** By path; what is not there is 404. Both of the usual ones are there from the start. */
  readonly answers: Map<string, Answer>;
  readonly asked: Map<string, number>;
}

export const description = "/.well-known/openid-configuration";

/** For issuers that are named by their address. */
export const noNames: IssuerSurroundings["addressesOf"] = async (host) =>
  await Promise.reject(new Error(`nobody looks up ${host}`));

export async function startFakeIssuer(keys: readonly JsonWebKey[] = []): Promise<FakeIssuer> {
  const answers = new Map<string, Answer>();
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === "function") answer(request, response);
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoints = { jwks_uri: `${issuer}/jwks`, introspection_endpoint: `${issuer}/introspect` };
  answers.set(description, { issuer, ...endpoints });
  answers.set("/jwks", { keys });
  return {
    issuer,
    answers,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A key of an issuer, and tokens that it has signed. */
export interface SigningKey {
  readonly jwk: JsonWebKey & { readonly kid: string };
  readonly publicKey: KeyObject;
  /** @param header,claims objects, or JSON as it is to stand */
  readonly token: (header: object | string, claims: object | string) => string;
}

type Algorithm = "RS256" | "PS256" | "ES256" | "EdDSA";

export function signingKey(alg: Algorithm, kid: string = alg): SigningKey {
  const { privateKey, publicKey } = pairOf(alg);
  const pss = alg === "PS256" ? { padding: 6, saltLength: 32 } : {};
  return {
    jwk: { ...publicKey.export({ format: "jwk" }), kid },
    publicKey,
    token: (header, claims) => {
      const full = typeof header === "string" ? header : { alg, kid, typ: "at+jwt", ...header };
      const signed = `${part(full)}.${part(claims)}`;
      const key = { key: privateKey, dsaEncoding: "ieee-p1363", ...pss } as const;
      const signature = sign(alg === "EdDSA" ? null : "sha256", Buffer.from(signed), key);
      return `${signed}.${signature.toString("base64url")}`;
    },
  };
}

function pairOf(alg: Algorithm): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (alg === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  if (alg === "EdDSA") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

/** A part of a token: `undefined` members are left out. */
export function part(value: object | string): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return Buffer.from(text).toString("base64url");
}
