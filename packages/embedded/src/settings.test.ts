import { describe, expect, test } from "vitest";
import { checkSettings, settingArguments } from "./settings.ts";

describe("checkSettings", () => {
  test("takes PostgreSQL's settings and those of extensions", () => {
    expect(() =>
      checkSettings({ work_mem: "4MB", "auto_explain.log_min_duration": "0", TimeZone: "" }),
    ).not.toThrow();
  });

  test.each([
    ["no name", { "": "1" }],
    ["a name with a value in it", { "a=b": "1" }],
    ["an option", { "-D": "/" }],
    ["a line break", { work_mem: "1\n" }],
    ["a NUL", { work_mem: "1\0" }],
    ["a socket elsewhere, in any case", { Unix_Socket_Directories: "/tmp" }],
    ["a TCP port", { listen_addresses: "*" }],
  ])("refuses %s", (_what, settings) => {
    expect(() => checkSettings(settings)).toThrow(expect.objectContaining({ code: "bad_setting" }));
  });
});

test("settings become -c arguments in their order", () => {
  expect(settingArguments({ b: "1", a: "x y" })).toEqual(["-c", "b=1", "-c", "a=x y"]);
});
