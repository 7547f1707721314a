/** One connection string, put to libpq and to our client: what each makes of it. */
import { join } from "node:path";
import { binariesOf, psql } from "@sallyport/testkit";
import { conninfoEnvironment, openSession, parseConninfo, resolveConninfo } from "../../src/index.ts";
import type { OpenedSession, SessionSurroundings } from "../../src/index.ts";

/** Libraries that psql can run on: Debian's, and the embedded server's. */
export const libpqs = {
  15: {},
  18: { LD_LIBRARY_PATH: join(binariesOf(18).native, "lib") },
} as const;

export type Libpq = keyof typeof libpqs;

/** Empty for success; else all that failed, a line each, without the server's name. */
export async function libpqWords(
  conninfo: string,
  libpq: Libpq = 18,
  home = "/nonexistent",
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stderr, status } = await psql(["-c", "\\conninfo", conninfo], {
    env: { ...libpqs[libpq], HOME: home, ...more },
  });
  if (status === 0) return "";
  return plain(stderr.replace("psql: error: ", ""));
}

interface Around extends SessionSurroundings {
  readonly home?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function openOurs(
  conninfo: string,
  { home = "/nonexistent", environment = {}, ...surroundings }: Around = {},
): Promise<OpenedSession> {
  const options = resolveConninfo(parseConninfo(conninfo), {
    environment: conninfoEnvironment(environment),
    osUser: null,
    homeDirectory: home,
    socketDirectory: "/nonexistent",
  });
  return await openSession(options, AbortSignal.timeout(20_000), surroundings);
}

/** The same of ours. Of several failures only the last is shown if that is the server's own. */
export async function ourWords(conninfo: string, surroundings: Around = {}): Promise<string> {
  try {
    const { stream } = await openOurs(conninfo, surroundings);
    stream.destroy();
    return "";
  } catch (error) {
    return plain(error instanceof Error ? error.message : String(error));
  }
}

/** What differs by build: OpenSSL's reasons for not accepting a certificate, which libpq keeps to itself. */
function plain(words: string): string {
  return words
    .replaceAll(/connection to server (?:at|on socket) "[^"]*"(?: \([^)]*\))?(?:, port \d+)? failed: /g, "")
    .replaceAll(/(certificate verify failed): .*/g, "$1")
    .replaceAll(/(FATAL): {2}/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^This probably means|^before or while/.test(line))
    .join("\n");
}
