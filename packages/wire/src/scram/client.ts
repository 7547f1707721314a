/**
 * The client's half of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677, RFC 5929). It trusts the server with
 * nothing: nonce, iteration count and the server's own proof are checked.
 */
import { WireError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { equal, hmac, scramKeys, xor } from "./keys.ts";
import type { ScramKeys } from "./keys.ts";
import { saltedPassword } from "./salted-password.ts";
import type { ScramSecret } from "./secret.ts";
import { Turnstile } from "../frame/turnstile.ts";

/**
 * The most iterations that a server may make us compute: some tenths of a second of one core. PostgreSQL's default
 * is 4096; a hostile server could otherwise keep a thread busy for minutes with one number.
 */
export const MAX_SCRAM_ITERATIONS = 1_000_000;

/** Apart from that of the server's half: strangers at the door are not to hold up our own sessions. */
const turnstile = new Turnstile(2);

/** What somebody else has proved to know: enough to log in where the very same secret is stored, without the password. */
export interface ProvedScram {
  readonly secret: ScramSecret;
  readonly clientKey: Buffer;
}

/**
 * What is said of the connection. `unused`: we could have bound the exchange to it, and the server did not offer that,
 * which a server that did will notice. `endPoint` is what `tlsServerEndPoint` says of the server's certificate; the
 * mechanism is SCRAM-SHA-256-PLUS then.
 */
export type ScramBinding = "none" | "unused" | { readonly endPoint: Buffer };

export type ScramClientOptions = {
  /** 18 random bytes. */
  readonly nonce: Buffer;
  /** Default: `none`. */
  readonly binding?: ScramBinding;
} & (
  | {
      /** Normalised (`normalizePassword`). */
      readonly password: Buffer;
    }
  | { readonly proved: ProvedScram }
);

/** What to send as client-final, and how to judge the server-final that comes back. */
export interface ScramClientFinal {
  readonly message: string;
  /** @throws {WireError} `authentication_failed` unless the server proved that it knows the password's keys */
  readonly verify: (serverFinal: string) => void;
}

export interface ScramClient {
  /** client-first-message. The user name is empty: the server takes the startup packet's. */
  readonly first: string;
  /**
   * client-final-message.
   *
   * @throws {WireError} `authentication_failed`; `secret_differs` if salt or iterations are not those of what was proved
   */
  readonly final: (serverFirst: string) => Promise<ScramClientFinal>;
}

export function startScramClient(options: ScramClientOptions): ScramClient {
  const { nonce, binding = "none" } = options;
  const header = gs2Header(binding);
  const endPoint = typeof binding === "string" ? Buffer.alloc(0) : binding.endPoint;
  const bound = encodeBase64(Buffer.concat([Buffer.from(header, "latin1"), endPoint]));
  const clientNonce = encodeBase64(nonce);
  const bare = `n=,r=${clientNonce}`;
  return {
    first: `${header}${bare}`,
    async final(serverFirst) {
      const challenge = readServerFirst(serverFirst, clientNonce);
      const keys =
        "proved" in options ? sameKeys(options.proved, challenge) : await derive(options.password, challenge);
      const withoutProof = `c=${bound},r=${challenge.nonce}`;
      const authMessage = `${bare},${serverFirst},${withoutProof}`;
      const proof = xor(keys.clientKey, hmac(keys.storedKey, authMessage));
      return {
        message: `${withoutProof},p=${encodeBase64(proof)}`,
        verify: (serverFinal) => verifyServerFinal(serverFinal, hmac(keys.serverKey, authMessage)),
      };
    },
  };
}

function gs2Header(binding: ScramBinding): string {
  if (binding === "none") return "n,,";
  return binding === "unused" ? "y,," : "p=tls-server-end-point,,";
}

async function derive(password: Buffer, { salt, iterations }: ServerFirst): Promise<ScramKeys> {
  if (iterations > MAX_SCRAM_ITERATIONS) {
    throw failed(
      `the server asks for ${iterations} SCRAM iterations, where at most ${MAX_SCRAM_ITERATIONS} are acceptable`,
    );
  }
  return scramKeys(await saltedPassword(password, salt, iterations, turnstile));
}

/**
 * The keys of what was proved, for a server that has the same secret. For another one a proof would be wrong, and of
 * use to whoever guesses passwords: with a salt and a number of iterations of his own choice.
 */
function sameKeys({ secret, clientKey }: ProvedScram, { salt, iterations }: ServerFirst): ScramKeys {
  if (iterations !== secret.iterations) {
    throw differs(`the server's secret has ${iterations} iterations, and not ${secret.iterations}`);
  }
  if (decodeBase64(secret.salt)?.equals(salt) !== true) {
    throw differs("the server's secret has another salt");
  }
  return { clientKey, storedKey: secret.storedKey, serverKey: secret.serverKey };
}

interface ServerFirst {
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

function readServerFirst(message: string, clientNonce: string): ServerFirst {
  const [, nonce = "", encodedSalt = "", count = ""] =
    /^r=([!-+\--~]+),s=([^,]*),i=(\d{1,10})(?:,[A-Za-z]=[^,]*)*$/.exec(message) ?? [];
  if (nonce === "") {
    throw failed("malformed SCRAM message from the server (server-first-message)");
  }
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    throw failed("invalid SCRAM response from the server (nonce mismatch)");
  }
  const salt = decodeBase64(encodedSalt);
  if (salt === null || salt.length === 0) {
    throw failed("malformed SCRAM message from the server (invalid salt)");
  }
  const iterations = Number(count);
  if (iterations < 1) {
    throw failed("malformed SCRAM message from the server (invalid iteration count)");
  }
  return { nonce, salt, iterations };
}

function verifyServerFinal(message: string, signature: Buffer): void {
  if (message.startsWith("e=")) {
    throw failed(`error received from server in SCRAM exchange: ${message.slice(2, 102)}`);
  }
  const [, encoded = ""] = /^v=([^,]*)(?:,[A-Za-z]=[^,]*)*$/.exec(message) ?? [];
  const received = decodeBase64(encoded);
  if (received === null || received.length === 0) {
    throw failed("malformed SCRAM message from the server (server-final-message)");
  }
  if (!equal(received, signature)) {
    throw failed("incorrect server signature: the server does not know the password's secret");
  }
}

function differs(message: string): WireError {
  return new WireError("secret_differs", message);
}

function failed(message: string): WireError {
  return new WireError("authentication_failed", message);
}
