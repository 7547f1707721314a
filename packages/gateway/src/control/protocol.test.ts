import { describe, expect, test } from "vitest";
import { parseRequest } from "./protocol.ts";

describe("a question", () => {
  test.each([
    ['{"version":1,"command":"reload"}', { command: "reload" }],
    ['{"version":1,"command":"status"}', { command: "status", rules: false, sessions: false }],
    [
      '{"version":1,"command":"status","sessions":true,"rules":false}',
      { command: "status", rules: false, sessions: true },
    ],
    ['{"version":1,"command":"stop","mode":"smart"}', { command: "stop", mode: "smart" }],
    ['{"command":"stop","mode":"immediate","version":1}', { command: "stop", mode: "immediate" }],
  ])("is understood: %s", (line, request) => {
    expect(parseRequest(line)).toEqual(request);
  });

  test("may have keys that only a later gateway knows", () => {
    expect(parseRequest('{"version":1,"command":"reload","later":[1]}')).toEqual({ command: "reload" });
  });

  test.each([
    ["", "a JSON object on one line"],
    ["status", "a JSON object on one line"],
    ["null", "a JSON object on one line"],
    ["[1]", "a JSON object on one line"],
    ['{"version":1,"command":"status"', "a JSON object on one line"],
    ['{"command":"status"}', "speaks version 1"],
    ['{"version":2,"command":"status"}', "speaks version 1"],
    ['{"version":"1","command":"status"}', "speaks version 1"],
    ['{"version":[[[1]]],"command":"status"}', "speaks version 1"],
    ['{"version":1}', "one of reload, status, stop"],
    ['{"version":1,"command":"toString"}', "one of reload, status, stop"],
    ['{"version":1,"command":["stop"],"mode":"fast"}', "one of reload, status, stop"],
    ['{"version":1,"command":"status","rules":"yes"}', "true or false"],
    ['{"version":1,"command":"stop"}', "one of smart, fast, immediate"],
    ['{"version":1,"command":"stop","mode":"__proto__"}', "one of smart, fast, immediate"],
    ['{"__proto__":{"version":1,"command":"stop","mode":"fast"}}', "speaks version 1"],
  ])("is refused, and why: %s", (line, why) => {
    expect(parseRequest(line)).toEqual({ error: expect.stringContaining(why) as string });
  });

  test("is refused however deep it is nested", () => {
    const deep = `{"version":${"[".repeat(2000)}1${"]".repeat(2000)},"command":"status"}`;
    expect(parseRequest(deep)).toHaveProperty("error");
  });
});
