/**
 * All that twins may differ in. What is not excused here must be equal to the byte: in what a client sees, and in
 * what the log says of its connection.
 */
import { decodeErrorFields } from "@sallyport/wire";

/**
 * Fields of errors and notices that are compared. File, line and routine (`F`, `L`, `R`) name a place in
 * PostgreSQL's source, which the gateway's own errors do not come from.
 */
export function comparedFields(body: Buffer): readonly string[] {
  return decodeErrorFields(body)
    .filter(({ type }) => !["F", "L", "R"].includes(type))
    .map(({ type, value }) => type + value);
}

/** The salt of an MD5 challenge is random; its length is not. */
export function maskedMd5Salt(salt: Buffer): string {
  return `${salt.length} random bytes`;
}

/** Nonces are random. The client's part comes back unchanged, and the server's has its length. */
export function maskedNonce(nonce: string, clientNonce: string): string {
  if (!nonce.startsWith(clientNonce)) return `not the client's: ${nonce}`;
  return `the client's, and ${nonce.length - clientNonce.length} random characters`;
}

/** Process id and key are random; the length of the key is that of the protocol. */
export function maskedBackendKey(body: Buffer): string {
  const keyLength = body.length - 4;
  return `process id and a key of ${keyLength} bytes`;
}

/** PostgreSQL's order of ParameterStatus messages is that of a hash table: neighbours are compared as a set. */
export function inAnyOrder(lines: readonly string[]): readonly string[] {
  const sorted: string[] = [];
  let run: string[] = [];
  for (const line of lines) {
    if (line.startsWith("S ")) {
      run.push(line);
      continue;
    }
    sorted.push(...run.toSorted(), line);
    run = [];
  }
  return [...sorted, ...run.toSorted()];
}

/** Salts seen on one side in exchanges about nothing, by role. */
export type MockSalts = Map<string, string>;

/**
 * The salt of a real secret is the same on both sides. That of a mock exchange depends on the cluster, or on the
 * gate, but is always the same for a name, and as long as a real one.
 */
export function maskedSalt(
  salt: string,
  role: string,
  secrets: ReadonlySet<string>,
  mocks: MockSalts,
): string {
  if (secrets.has(salt)) return salt;
  const before = mocks.get(role) ?? salt;
  mocks.set(role, before);
  const length = Buffer.from(salt, "base64").length;
  return before === salt ? `made up, ${length} bytes` : "made up, and another one than before";
}

/**
 * In the log: the client's port, which is another one for each connection; how long a session took; the session
 * behind the gateway, which only the gateway has to tell of; and what is said within sessions (ERROR, STATEMENT),
 * which the gateway only relays.
 */
export function maskedLogMessage(level: string, text: string): string | null {
  if (level === "ERROR" || level === "STATEMENT") return null;
  // It may follow the reason why a handshake has failed: the gateway does not know what OpenSSL has left unread.
  if (text === "buffered unencrypted data remains after negotiating SSL connection") return null;
  const masked = text
    .replace(/^(connection received: host=\S+ port=)\d+$/, "$1N")
    .replace(/^(disconnection: session time: )[\d:.]+/, "$1T")
    .replace(/^(disconnection: .* port=)\d+$/s, "$1N")
    .replace(
      /^((?:replication )?connection authorized: .*) upstream=\S+(?: pid=\d+)? rule=\S+ method=\S+ encryption=(?:none|ssl)(?: identity=".*")?$/s,
      "$1",
    )
    .replace(
      /^(could not accept SSL connection: |Client certificate verification failed at depth \d+: )([\w- ]+)/,
      (_, failed: string, why: string) => failed + (newerWords[why] ?? why),
    );
  return `${level}: ${masked}`;
}

/** The servers that are embedded here have OpenSSL 1.1.1, whose words for the same are older. */
const newerWords: Readonly<Record<string, string>> = {
  "self signed certificate": "self-signed certificate",
  "self signed certificate in certificate chain": "self-signed certificate in certificate chain",
  "unsupported certificate purpose": "unsuitable certificate purpose",
  "packet length too long": "data length too long",
};
