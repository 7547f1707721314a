import type { PamEvent, PamStep } from "./messages.ts";

const steps: ReadonlySet<unknown> = new Set<PamStep>([
  "start",
  "user",
  "rhost",
  "conv",
  "authenticate",
  "acct_mgmt",
  "end",
]);

/**
 * What a PAM process told of a login, if it is anything that one tells: a module may have forked, or written into the
 * memory of its process.
 *
 * @param login its number
 * @throws {TypeError} it is not, or it is about another login
 */
export function parseEvent(json: unknown, login: number | null): PamEvent {
  const { number, kind, text, style, by, reason } = Object(json) as Readonly<Record<string, unknown>>;
  if (kind === "unusable" && typeof reason === "string") return { kind, reason };
  if (number !== login) throw new TypeError("a PAM process told of another login");
  if (kind === "ask" || kind === "passed") return { kind };
  if (kind === "error_message" && typeof text === "string") return { kind, text };
  if (kind === "unsupported" && typeof text === "string" && typeof style === "number") {
    return { kind, style, text };
  }
  if (kind === "failed" && typeof reason === "string" && isStep(by)) return { kind, by, reason };
  throw new TypeError("a PAM process told nonsense");
}

function isStep(by: unknown): by is PamStep {
  return steps.has(by);
}
