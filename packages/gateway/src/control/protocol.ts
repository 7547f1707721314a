import { stopModes } from "../session/stopping.ts";
import type { StopMode } from "../session/stopping.ts";

/**
 * What is asked of a running gateway, and what it answers: one JSON object a line each way, one question a connection.
 *
 *     {"version": 1, "command": "status", "sessions": true}
 *     {"version": 1, "answer": {…}}     or     {"version": 1, "error": "…"}
 *
 * Texts are UTF-8, keys in snake case, times of RFC 3339. Within a version keys may be added, never removed.
 */
export const controlVersion = 1;

/** Name of the socket in the data directory. */
export const controlSocketName = "control.sock";

/** Bytes of a question. */
export const longestQuestion = 4096;

/** Bytes of an answer: that of some hundred thousand rules with their counts. */
export const longestAnswer: number = 256 * 1024 * 1024;

export type ControlRequest =
  | { readonly command: "reload" }
  | { readonly command: "status"; readonly rules: boolean; readonly sessions: boolean }
  | { readonly command: "stop"; readonly mode: StopMode };

/** Why there is no other answer. */
export interface ControlRefusal {
  readonly error: string;
}

/** Reads a question. What is wrong with it says the refusal. */
export function parseRequest(line: string): ControlRequest | ControlRefusal {
  const question = objectOf(line);
  if (question === null) return { error: "a question is a JSON object on one line" };
  const version = question.get("version");
  if (version !== controlVersion)
    return { error: `this gateway speaks version ${controlVersion} of the control protocol only` };
  switch (question.get("command")) {
    case "reload":
      return { command: "reload" };
    case "status": {
      const [rules, sessions] = [question.get("rules") ?? false, question.get("sessions") ?? false];
      if (typeof rules !== "boolean" || typeof sessions !== "boolean")
        return { error: '"rules" and "sessions" are true or false' };
      return { command: "status", rules, sessions };
    }
    case "stop": {
      const mode = stopModes.find((mode) => mode === question.get("mode"));
      if (mode === undefined) return { error: `"mode" is one of ${stopModes.join(", ")}` };
      return { command: "stop", mode };
    }
    default:
      return { error: '"command" is one of reload, status, stop' };
  }
}

/** The members of a JSON object; null: it is none. */
export function objectOf(line: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return new Map<string, unknown>(Object.entries(value));
  } catch {
    return null;
  }
}
