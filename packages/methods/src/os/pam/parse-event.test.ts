import { describe, expect, test } from "vitest";
import { decodeJson, encodeJson } from "./messages.ts";
import type { PamEvent } from "./messages.ts";
import { parseEvent } from "./parse-event.ts";

const events: readonly PamEvent[] = [
  { kind: "ask" },
  { kind: "passed" },
  { kind: "error_message", text: "\0\n\xff\u0080" },
  { kind: "unsupported", style: 2, text: "login: " },
  { kind: "failed", by: "acct_mgmt", reason: "User account has expired" },
];

describe("what a PAM process tells", () => {
  test.for(events)("is read as it was meant, byte for byte: %j", (event) => {
    expect(parseEvent(decodeJson(encodeJson({ ...event, number: 7 })), 7)).toEqual(event);
  });

  test.for(events.map((event) => [event.kind, event] as const))(
    "is not taken for news of another login: %s",
    ([, event]) => {
      const json = decodeJson(encodeJson({ ...event, number: 7 }));
      for (const login of [null, 6, 8]) expect(() => parseEvent(json, login)).toThrow(TypeError);
    },
  );

  test.for<unknown>([
    null,
    "passed",
    ["passed"],
    {},
    { kind: "Passed" },
    { kind: ["passed"] },
    { kind: "error_message" },
    { kind: "error_message", text: 1 },
    { kind: "unsupported", text: "x", style: "2" },
    { kind: "failed", by: "toString", reason: "x" },
    { kind: "failed", by: "end" },
    { kind: "unusable" },
  ])("is refused if it is anything else: %j", (json) => {
    const numbered = json !== null && typeof json === "object" ? { ...json, number: 7 } : json;
    expect(() => parseEvent(numbered, 7)).toThrow(TypeError);
  });
});
